"""DICOM: what its headers say, without what could name a patient (PS3.15)."""
