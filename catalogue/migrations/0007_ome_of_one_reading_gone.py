from django.db import migrations


class Migration(migrations.Migration):
    """Instruments and channels get ids of another kind and belong to a document: their tables are made anew."""

    dependencies = [("catalogue", "0006_notices_tried")]

    operations = [
        migrations.RemoveField("image", "instrument"),
        migrations.RemoveField("image", "objective"),
        migrations.RemoveField("image", "stage_label"),
        migrations.DeleteModel("Microscope"),
        migrations.DeleteModel("Objective"),
        migrations.DeleteModel("Detector"),
        migrations.DeleteModel("LightSource"),
        migrations.DeleteModel("Filter"),
        migrations.DeleteModel("Instrument"),
        migrations.DeleteModel("Channel"),
        migrations.DeleteModel("PlaneTable"),
    ]
