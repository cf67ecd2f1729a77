"""What OME's schemas renamed or moved on the way to 2016-06, done on a tree whose names have no namespace."""

import re
from collections.abc import Callable, Mapping

from lxml import etree

from imaging.ome.model import ENTITIES, GROUPS

Element = etree._Element

RENAMED = {
    "AcquiredDate": "AcquisitionDate", "CreationDate": "AcquisitionDate", "ObjectiveRef": "ObjectiveSettings",
    "LightSourceRef": "LightSourceSettings", "AuxLightSourceRef": "LightSourceSettings",
    "DetectorRef": "DetectorSettings", "Group": "ExperimenterGroup", "StringAnnotation": "CommentAnnotation",
    "Rect": "Rectangle", "Circle": "Ellipse", "ChannelInfo": "LogicalChannel",
    "ScreenAcquisition": "PlateAcquisition",
}  # fmt: skip
# By entity; "" for all. The first name that is there wins.
RENAMED_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "Pixels": {"PixelType": "Type"},
    "Channel": {
        "ExWave": "ExcitationWavelength", "EmWave": "EmissionWavelength", "Mode": "AcquisitionMode",
        "NdFilter": "NDFilter",
    },
    "TiffData": {"NumPlanes": "PlaneCount"},
    "WellSample": {"PosX": "PositionX", "PosY": "PositionY"},
    "Well": {"Status": "Type"},
    "Laser": {"Medium": "LaserMedium", "Tunable": "Tuneable"},
    "Experimenter": {"OMEName": "UserName"},
    "Shape": {"theZ": "TheZ", "theT": "TheT", "Fill": "FillColor", "Stroke": "StrokeColor", "Label": "Text"},
    "Ellipse": {"cx": "X", "cy": "Y", "rx": "RadiusX", "ry": "RadiusY"},
    "Point": {"cx": "X", "cy": "Y"},
    "Rectangle": {"x": "X", "y": "Y", "width": "Width", "height": "Height"},
    "Mask": {"x": "X", "y": "Y", "width": "Width", "height": "Height"},
    "Line": {"x1": "X1", "y1": "Y1", "x2": "X2", "y2": "Y2"},
    "Polyline": {"points": "Points"},
    "Polygon": {"points": "Points"},
}  # fmt: skip
VALUES = {
    "LaserScanningMicroscopy": "LaserScanningConfocalMicroscopy", "LaserScanningConfocal":
    "LaserScanningConfocalMicroscopy", "Arial": "sans-serif", "Helvetica": "sans-serif", "Courier": "monospace",
    "TimesNewRoman": "serif", "Regular": "Normal", "4-D+": "FourDPlus",
}  # fmt: skip
COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "r": (255, 0, 0), "g": (0, 255, 0),
          "b": (0, 0, 255)}  # fmt: skip
# By entity: the elements that hold one value, and the attributes whose values are written in another way since.
VALUE_ELEMENTS = {name: [a.name for a in entity.attributes if a.element] for name, entity in ENTITIES.items()}
CHANGED = {
    name: [a for a in entity.attributes if a.type in ("Color", "PercentFraction") or a.choices]
    for name, entity in ENTITIES.items()
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TRANSFORM = ("A00", "A10", "A01", "A11", "A02", "A12")


def move_all(root: Element) -> None:
    """Bring the tree to the names and places of 2016-06; what has none stays where it is."""
    for element in list(root.iter(*RENAMED)):
        element.tag = RENAMED[str(element.tag)]
    for move in MOVES:
        move(root)


def _each(root: Element, *names: str) -> list[Element]:
    return list(root.iter(*names))


def _rename_attributes(root: Element) -> None:
    for entity, names in RENAMED_ATTRIBUTES.items():
        for element in _each(root, entity):
            for old, new in names.items():
                if old in element.attrib and new not in element.attrib:
                    element.set(new, str(element.attrib.pop(old)))
                child = element.find(old)
                if child is not None and new not in element.attrib:
                    child.tag = new


def _merge(wrapper: Element, inner: Element) -> None:
    """Put all that the inner element says into the one around it, if that does not say it itself."""
    for name, value in inner.attrib.items():
        if name not in wrapper.attrib:
            wrapper.set(name, value)
            del inner.attrib[name]
    place = list(wrapper).index(inner)
    for offset, child in enumerate(list(inner)):
        wrapper.insert(place + offset, child)
    if not inner.attrib:
        wrapper.remove(inner)


def _unwrap(root: Element) -> None:
    """Light sources and shapes once stood within a LightSource and a Shape; a plane's values within parts of it."""
    for name, group in (("LightSource", GROUPS["LightSource"]), ("Shape", (*GROUPS["Shape"], "Text"))):
        for wrapper in _each(root, name):
            inner = next((child for child in wrapper if child.tag in group), None)
            if inner is not None:
                wrapper.tag = inner.tag
                _merge(wrapper, inner)
    for name in ("PlaneTiming", "StagePosition", "ShapeDisplayOptions"):
        for inner in _each(root, name):
            parent = inner.getparent()
            if parent is not None:
                _merge(parent, inner)


def _logical_channels(root: Element) -> None:
    """LogicalChannels of the Image became Channels of its Pixels; an Image keeps the Pixels that it was acquired as."""
    for image in _each(root, "Image"):
        wanted = image.get("AcquiredPixels") or image.get("DefaultPixels")
        pixels = image.findall("Pixels")
        if not pixels:
            continue
        chosen = next((one for one in pixels if one.get("ID") == wanted), pixels[0])
        for name in ("AcquiredPixels", "DefaultPixels"):
            if image.get(name) == chosen.get("ID"):
                image.attrib.pop(name, None)
        image.insert(list(image).index(pixels[0]), chosen)
        for axis in "XYZ":
            if f"PixelSize{axis}" in image.attrib:
                chosen.set(f"PhysicalSize{axis}", str(image.attrib.pop(f"PixelSize{axis}")))
        if "TimeIncrement" in image.attrib:
            chosen.set("TimeIncrement", str(image.attrib.pop("TimeIncrement")))
        for channel in reversed(image.findall("LogicalChannel")):
            channel.tag = "Channel"
            domain = next((part.get("ColorDomain", "").lower() for part in channel.iter("ChannelComponent")), "")
            if domain in COLORS and "Color" not in channel.attrib:
                red, green, blue = COLORS[domain]
                channel.set("Color", str(_signed((red << 24) | (green << 16) | (blue << 8) | 255)))
            chosen.insert(0, channel)


def _attributes_and_elements(root: Element) -> None:
    """What was an element and is an attribute, or the other way round, wherever the model says so."""
    for element in list(root.iter(*ENTITIES)):
        entity = str(element.tag)
        for child in list(element) if len(element) else ():
            attribute = ENTITIES[entity].by_name.get(str(child.tag))
            plain = not len(child) and not child.attrib
            if attribute is not None and not attribute.element and plain and attribute.name not in element.attrib:
                element.set(attribute.name, (child.text or "").strip())
                element.remove(child)
        for name in VALUE_ELEMENTS[entity]:
            if name in element.attrib and element.find(name) is None:
                etree.SubElement(element, name).text = str(element.attrib.pop(name))
    for description in _each(root, "Description"):
        description.attrib.pop("{http://www.w3.org/XML/1998/namespace}lang", None)


def _references_as_attributes(root: Element) -> None:
    """References that were attributes of filter sets and channels."""
    for element in _each(root, "FilterSet", "Channel"):
        for old, new in (
            ("ExFilterRef", "ExcitationFilterRef"), ("EmFilterRef", "EmissionFilterRef"),
            ("DichroicRef", "DichroicRef"), ("SecondaryExcitationFilter", "ExcitationFilterRef"),
            ("SecondaryEmissionFilter", "EmissionFilterRef"),
        ):  # fmt: skip
            if old in element.attrib:
                holder = element
                if element.tag == "Channel":
                    path = element.find("LightPath")
                    holder = etree.SubElement(element, "LightPath") if path is None else path
                etree.SubElement(holder, new, ID=str(element.attrib.pop(old)))


def _reverse(root: Element, entity: str, ref: str, other: str, back: str) -> None:
    """A reference `ref` of an entity to the `other` became one from there to it."""
    others = {element.get("ID"): element for element in root.iter(other)}
    for element in _each(root, entity):
        for found in element.findall(ref):
            target = others.get(found.get("ID"))
            if target is not None and element.get("ID"):
                present = [one for one in target if one.get("ID") == element.get("ID") and one.tag in (back, "Leader")]
                if not present:
                    etree.SubElement(target, back, ID=element.get("ID", ""))
                element.remove(found)


def _references(root: Element) -> None:
    _reverse(root, "Image", "DatasetRef", "Dataset", "ImageRef")
    _reverse(root, "Dataset", "ProjectRef", "Project", "DatasetRef")
    _reverse(root, "Plate", "ScreenRef", "Screen", "PlateRef")
    for group in _each(root, "ExperimenterGroup"):
        leaders = {leader.get("ID") for leader in group.findall("Leader")}
        for contact in group.findall("Contact"):
            contact.tag = "Leader"
            if contact.get("ID") in leaders:
                group.remove(contact)
    _reverse(root, "Experimenter", "GroupRef", "ExperimenterGroup", "ExperimenterRef")
    for ref in _each(root, "GroupRef"):
        ref.tag = "ExperimenterGroupRef"


def _acquisitions(root: Element) -> None:
    """Acquisitions of a Screen became those of the Plate whose fields they name."""
    plates = {sample.get("ID"): plate for plate in root.iter("Plate") for sample in plate.iter("WellSample")}
    for screen in _each(root, "Screen"):
        for acquisition in screen.findall("PlateAcquisition"):
            first = acquisition.find("WellSampleRef")
            if first is not None and (plate := plates.get(first.get("ID"))) is not None:
                plate.append(acquisition)


def _annotations(root: Element) -> None:
    """Annotations once pointed at what they annotate; those of pixels and fields are now their image's."""
    by_id = {element.get("ID"): element for element in root.iter(*ENTITIES) if element.get("ID")}
    for link in _each(root, "Link"):
        annotation, target = link.getparent(), by_id.get((link.text or "").strip())
        if annotation is None or target is None:
            continue
        if annotation.tag == "List" and (outer := annotation.getparent()) is not None:
            etree.SubElement(outer, "AnnotationRef", ID=target.get("ID", ""))
        elif "AnnotationRef" in ENTITIES[str(target.tag)].child_by_name and annotation.get("ID"):
            etree.SubElement(target, "AnnotationRef", ID=annotation.get("ID", ""))
        else:
            continue
        annotation.remove(link)
    for holder in _each(root, "List"):
        if not len(holder) and (outer := holder.getparent()) is not None:
            outer.remove(holder)
    for name in ("Pixels", "WellSample"):
        for element in _each(root, name):
            ref = element.find("ImageRef")
            image = element.getparent() if name == "Pixels" else by_id.get("" if ref is None else ref.get("ID"))
            if image is not None:
                image.extend(element.findall("AnnotationRef"))


def _rois(root: Element) -> None:
    """ROIs once stood within their image."""
    for image in _each(root, "Image"):
        for roi in image.findall("ROI"):
            root.append(roi)
            etree.SubElement(image, "ROIRef", ID=roi.get("ID", ""))


def _shapes(root: Element) -> None:
    """What a shape says in another way since 2009-09."""
    channels = {
        channel.get("ID"): str(number)
        for pixels in root.iter("Pixels")
        for number, channel in enumerate(pixels.findall("Channel"))
    }
    for shape in _each(root, *GROUPS["Shape"], "Text"):
        parent = shape.getparent()
        if parent is None or parent.tag != "Union":
            continue
        for names in (RENAMED_ATTRIBUTES["Shape"], RENAMED_ATTRIBUTES.get(str(shape.tag), {})):
            for old, new in names.items():
                if old in shape.attrib and new not in shape.attrib:
                    shape.set(new, str(shape.attrib.pop(old)))
        if shape.tag == "Text":
            shape.tag = "Label"
            value = shape.find("Value")
            if value is not None:
                if "Text" in shape.attrib:  # its label, for which there is no other place
                    shape.set("Label", str(shape.attrib["Text"]))
                shape.set("Text", value.text or "")
                shape.remove(value)
        if shape.tag == "Ellipse" and "r" in shape.attrib:
            radius = str(shape.attrib.pop("r"))
            shape.set("RadiusX", radius)
            shape.set("RadiusY", radius)
        if shape.tag == "Polyline" and "Closed" in shape.attrib:
            shape.tag = "Polygon" if shape.attrib.pop("Closed") in ("true", "1") else "Polyline"
        refs = shape.findall("ChannelRef")
        if len(refs) == 1 and refs[0].get("ID") in channels and "TheC" not in shape.attrib:
            shape.set("TheC", channels[refs[0].get("ID")])
            shape.remove(refs[0])
        _transform(shape)


def _transform(shape: Element) -> None:
    """A transformation as one text ("a, b, c, d, e, f", or SVG's matrix) became an element."""
    for name in ("Transform", "transform"):
        numbers = NUMBER.findall(shape.get(name, ""))
        if len(numbers) == 6 and re.match(r"\s*(matrix|\[|[-+.\d])", shape.get(name, "")):
            del shape.attrib[name]
            etree.SubElement(shape, "Transform", dict(zip(TRANSFORM, numbers, strict=True)))


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value


def _values(root: Element) -> None:
    """Values that are written in another way since: colours, percentages, names of choices."""
    for element in root.iter(*ENTITIES):
        for attribute in CHANGED[str(element.tag)]:
            text = element.get(attribute.name)
            if text is None or text in attribute.choices:
                continue
            if attribute.type == "Color" and text.isdecimal() and int(text) < 2**32:
                element.set(attribute.name, str(_signed(int(text))))
            elif attribute.type == "PercentFraction" and text.isdecimal() and 1 < int(text) <= 100:
                element.set(attribute.name, str(int(text) / 100))
            elif attribute.choices:
                known = {_bare(choice): choice for choice in attribute.choices}
                parts = [text] if text in VALUES else text.split() or [text]
                element.set(
                    attribute.name, " ".join(VALUES.get(part) or known.get(_bare(part), part) for part in parts)
                )


def _bare(text: str) -> str:
    """Letters and digits alone, in small: "Even-Odd" is "evenodd"."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _laser(root: Element) -> None:
    for laser in _each(root, "Laser"):
        if laser.get("FrequencyDoubled") in ("true", "1"):
            laser.set("FrequencyMultiplication", "2")
            del laser.attrib["FrequencyDoubled"]


def _pixel_data(root: Element) -> None:
    """Pixels within the XML say their byte order themselves since 2009-09."""
    for data in _each(root, "BinData"):
        parent = data.getparent()
        if "BigEndian" not in data.attrib:
            data.set("BigEndian", "false" if parent is None else parent.get("BigEndian", "false"))


MOVES: tuple[Callable[[Element], None], ...] = (
    _unwrap, _logical_channels, _rename_attributes, _references_as_attributes, _attributes_and_elements, _references,
    _acquisitions, _annotations, _rois, _shapes, _laser, _pixel_data, _values,
)  # fmt: skip
