"""The OME XML schema 2016-06 (openmicroscopy.org/Schemas/OME/2016-06/ome.xsd) in short, as `model` reads it.

`Entity < base` names an element or an abstract base. Then, up to `/`, its attributes: `Name:type`, a string if no type
is said; `!` required, `=x` default, `[µm]` that `NameUnit` gives the unit, by default µm. After `/` its elements in
order: `<Name:type>` holds one value, others are entities or groups; `?` optional, `*` any number, `+` at least one. Of
those within `!( | )` only one kind may be there. `/ :type` is the text of the entity itself.
"""

BASES = ("ManufacturerSpec", "LightSourceSpec", "AnnotationSpec", "ShapeSpec", "Reference", "Settings")

# Which entities may stand where an element or reference asks for one of these.
GROUPS = {
    "LightSource": ("Laser", "Arc", "Filament", "LightEmittingDiode", "GenericExcitationSource"),
    "Shape": ("Rectangle", "Mask", "Point", "Ellipse", "Line", "Polyline", "Polygon", "Label"),
    "Annotation": (
        "XMLAnnotation", "FileAnnotation", "ListAnnotation", "LongAnnotation", "DoubleAnnotation", "CommentAnnotation",
        "BooleanAnnotation", "TimestampAnnotation", "TagAnnotation", "TermAnnotation", "MapAnnotation",
    ),
}  # fmt: skip

SCHEMA = """
OME  UUID:UUID Creator / Rights? Project* Dataset* Folder* Experiment* Plate* Screen* Experimenter* ExperimenterGroup*
    Instrument* Image* StructuredAnnotations? ROI* BinaryOnly?
BinaryOnly  MetadataFile! UUID:UUID!
Rights  / <RightsHolder>? <RightsHeld>?

ManufacturerSpec  Manufacturer Model SerialNumber LotNumber
Reference
Settings
Map  / M*
M  K / :string

Image  ID:ImageID! Name / <AcquisitionDate:dateTime>? ExperimenterRef? <Description>? ExperimentRef?
    ExperimenterGroupRef? InstrumentRef? ObjectiveSettings? ImagingEnvironment? StageLabel? Pixels ROIRef*
    MicrobeamManipulationRef* AnnotationRef*
Pixels  ID:PixelsID! DimensionOrder:DimensionOrder! Type:PixelType! SignificantBits:PositiveInt Interleaved:boolean
    BigEndian:boolean SizeX:PositiveInt! SizeY:PositiveInt! SizeZ:PositiveInt! SizeC:PositiveInt! SizeT:PositiveInt!
    PhysicalSizeX:PositiveFloat[µm] PhysicalSizeY:PositiveFloat[µm] PhysicalSizeZ:PositiveFloat[µm]
    TimeIncrement:float[s] / Channel* !(BinData+|TiffData+|MetadataOnly) Plane*
Plane  TheZ:NonNegativeInt! TheT:NonNegativeInt! TheC:NonNegativeInt! DeltaT:float[s] ExposureTime:float[s]
    PositionX:float[reference_frame] PositionY:float[reference_frame] PositionZ:float[reference_frame]
    / <HashSHA1:Hex40>? AnnotationRef*
Channel  ID:ChannelID! Name SamplesPerPixel:PositiveInt IlluminationType:IlluminationType PinholeSize:float[µm]
    AcquisitionMode:AcquisitionMode ContrastMethod:ContrastMethod ExcitationWavelength:PositiveFloat[nm]
    EmissionWavelength:PositiveFloat[nm] Fluor NDFilter:float PockelCellSetting:int Color:Color=-1
    / LightSourceSettings? DetectorSettings? FilterSetRef? AnnotationRef* LightPath?
MetadataOnly
TiffData  IFD:NonNegativeInt=0 FirstZ:NonNegativeInt=0 FirstT:NonNegativeInt=0 FirstC:NonNegativeInt=0
    PlaneCount:NonNegativeInt / UUID?
UUID  FileName / :UUID
StageLabel  Name! X:float[reference_frame] Y:float[reference_frame] Z:float[reference_frame]
ImagingEnvironment  Temperature:float[°C] AirPressure:float[mbar] Humidity:PercentFraction CO2Percent:PercentFraction
    / Map?
LightSourceSettings < Settings  ID:LightSourceID! Attenuation:PercentFraction Wavelength:PositiveFloat[nm]
DetectorSettings < Settings  ID:DetectorID! Offset:float Gain:float Voltage:float[V] Zoom:float ReadOutRate:float[MHz]
    Binning:Binning Integration:PositiveInt
ObjectiveSettings < Settings  ID:ObjectiveID! CorrectionCollar:float Medium:Medium RefractiveIndex:float
LightPath  / ExcitationFilterRef* DichroicRef? EmissionFilterRef* AnnotationRef*

Instrument  ID:InstrumentID! / Microscope? LightSource* Detector* Objective* FilterSet* Filter* Dichroic*
    AnnotationRef*
Microscope < ManufacturerSpec  Type:MicroscopeType
Objective < ManufacturerSpec  ID:ObjectiveID! Correction:Correction Immersion:Immersion LensNA:float
    NominalMagnification:float CalibratedMagnification:float WorkingDistance:float[µm] Iris:boolean / AnnotationRef*
Detector < ManufacturerSpec  Gain:float Voltage:float[V] Offset:float Zoom:float AmplificationGain:float ID:DetectorID!
    Type:DetectorType / AnnotationRef*
FilterSet < ManufacturerSpec  ID:FilterSetID! / ExcitationFilterRef* DichroicRef? EmissionFilterRef*
Filter < ManufacturerSpec  Type:FilterType FilterWheel ID:FilterID! / TransmittanceRange? AnnotationRef*
TransmittanceRange  CutIn:PositiveFloat[nm] CutOut:PositiveFloat[nm] CutInTolerance:NonNegativeFloat[nm]
    CutOutTolerance:NonNegativeFloat[nm] Transmittance:PercentFraction
Dichroic < ManufacturerSpec  ID:DichroicID! / AnnotationRef*
LightSourceSpec < ManufacturerSpec  ID:LightSourceID! Power:float[mW] / AnnotationRef*
Laser < LightSourceSpec  Type:LaserType LaserMedium:LaserMedium Wavelength:PositiveFloat[nm]
    FrequencyMultiplication:PositiveInt Tuneable:boolean Pulse:Pulse PockelCell:boolean RepetitionRate:float[Hz] / Pump?
Arc < LightSourceSpec  Type:ArcType
Filament < LightSourceSpec  Type:FilamentType
LightEmittingDiode < LightSourceSpec
GenericExcitationSource < LightSourceSpec  / Map?

Project  Name ID:ProjectID! / <Description>? ExperimenterRef? ExperimenterGroupRef? DatasetRef* AnnotationRef*
Dataset  Name ID:DatasetID! / <Description>? ExperimenterRef? ExperimenterGroupRef? ImageRef* AnnotationRef*
Folder  ID:FolderID! Name / <Description>? FolderRef* ImageRef* ROIRef* AnnotationRef*
Experimenter  ID:ExperimenterID! FirstName MiddleName LastName Email Institution UserName / AnnotationRef*
ExperimenterGroup  Name ID:ExperimenterGroupID! / <Description>? ExperimenterRef* Leader* AnnotationRef*
Experiment  Type:ExperimentType ID:ExperimentID! / <Description>? ExperimenterRef? MicrobeamManipulation*
MicrobeamManipulation  ID:MicrobeamManipulationID! Type:MicrobeamManipulationType / <Description>? ROIRef+
    ExperimenterRef LightSourceSettings*

Screen  ID:ScreenID! Name ProtocolIdentifier ProtocolDescription ReagentSetDescription ReagentSetIdentifier Type
    / <Description>? Reagent* PlateRef* AnnotationRef*
Reagent  ID:ReagentID! Name ReagentIdentifier / <Description>? AnnotationRef*
Plate  ID:PlateID! Name Status ExternalIdentifier ColumnNamingConvention:NamingConvention
    RowNamingConvention:NamingConvention WellOriginX:float[reference_frame] WellOriginY:float[reference_frame]
    Rows:PositiveInt Columns:PositiveInt FieldIndex:NonNegativeInt
    / <Description>? Well* AnnotationRef* PlateAcquisition*
PlateAcquisition  ID:PlateAcquisitionID! Name EndTime:dateTime StartTime:dateTime MaximumFieldCount:PositiveInt
    / <Description>? WellSampleRef* AnnotationRef*
Well  ID:WellID! Column:NonNegativeInt! Row:NonNegativeInt! ExternalDescription ExternalIdentifier Type Color:Color=-1
    / WellSample* ReagentRef? AnnotationRef*
WellSample  ID:WellSampleID! PositionX:float[reference_frame] PositionY:float[reference_frame] Timepoint:dateTime
    Index:NonNegativeInt! / ImageRef?

ROI  ID:ROIID! Name / Union AnnotationRef* <Description>?
Union  / Shape+
ShapeSpec  FillColor:Color FillRule:FillRule StrokeColor:Color StrokeWidth:float[pixel] StrokeDashArray Text
    FontFamily:FontFamily FontSize:NonNegativeInt[pt] FontStyle:FontStyle Locked:boolean ID:ShapeID! TheZ:NonNegativeInt
    TheT:NonNegativeInt TheC:NonNegativeInt / Transform? AnnotationRef*
Transform  A00:float! A10:float! A01:float! A11:float! A02:float! A12:float!
Rectangle < ShapeSpec  X:float! Y:float! Width:float! Height:float!
Mask < ShapeSpec  X:float! Y:float! Width:float! Height:float! / BinData
Point < ShapeSpec  X:float! Y:float!
Ellipse < ShapeSpec  X:float! Y:float! RadiusX:float! RadiusY:float!
Line < ShapeSpec  X1:float! Y1:float! X2:float! Y2:float! MarkerStart:Marker MarkerEnd:Marker
Polyline < ShapeSpec  Points! MarkerStart:Marker MarkerEnd:Marker
Polygon < ShapeSpec  Points!
Label < ShapeSpec  X:float! Y:float!

StructuredAnnotations  / Annotation*
AnnotationSpec  ID:AnnotationID! Namespace:anyURI Annotator:ExperimenterID / <Description>? AnnotationRef*
XMLAnnotation < AnnotationSpec  / <Value:xml>
FileAnnotation < AnnotationSpec  / BinaryFile
ListAnnotation < AnnotationSpec
CommentAnnotation < AnnotationSpec  / <Value>
LongAnnotation < AnnotationSpec  / <Value:long>
DoubleAnnotation < AnnotationSpec  / <Value:double>
BooleanAnnotation < AnnotationSpec  / <Value:boolean>
TimestampAnnotation < AnnotationSpec  / <Value:dateTime>
TagAnnotation < AnnotationSpec  / <Value>
TermAnnotation < AnnotationSpec  / <Value>
MapAnnotation < AnnotationSpec  / Value
Value  / M*
BinaryFile  FileName! Size:NonNegativeLong! MIMEType / !(External|BinData)
External  href:anyURI! SHA1:Hex40! Compression:Compression=none
BinData  Compression:Compression=none BigEndian:boolean! Length:NonNegativeLong! / :base64Binary

AnnotationRef < Reference  ID:AnnotationID!
ChannelRef < Reference  ID:ChannelID!
DatasetRef < Reference  ID:DatasetID!
DichroicRef < Reference  ID:DichroicID!
EmissionFilterRef < Reference  ID:FilterID!
ExcitationFilterRef < Reference  ID:FilterID!
ExperimentRef < Reference  ID:ExperimentID!
ExperimenterGroupRef < Reference  ID:ExperimenterGroupID!
ExperimenterRef < Reference  ID:ExperimenterID!
FilterSetRef < Reference  ID:FilterSetID!
FolderRef < Reference  ID:FolderID!
ImageRef < Reference  ID:ImageID!
InstrumentRef < Reference  ID:InstrumentID!
Leader < Reference  ID:ExperimenterID!
MicrobeamManipulationRef < Reference  ID:MicrobeamManipulationID!
PlateRef < Reference  ID:PlateID!
ProjectRef < Reference  ID:ProjectID!
Pump < Reference  ID:LightSourceID!
ReagentRef < Reference  ID:ReagentID!
ROIRef < Reference  ID:ROIID!
WellSampleRef < Reference  ID:WellSampleID!
"""

# Values of an attribute of which one, or for the types in LISTS several parted by spaces, may be given.
LISTS = ("ExperimentType", "MicrobeamManipulationType")
CHOICES = """
DimensionOrder XYZCT XYZTC XYCTZ XYCZT XYTCZ XYTZC
PixelType int8 int16 int32 uint8 uint16 uint32 float double complex double-complex bit
IlluminationType Transmitted Epifluorescence Oblique NonLinear Other
AcquisitionMode WideField LaserScanningConfocalMicroscopy SpinningDiskConfocal SlitScanConfocal MultiPhotonMicroscopy
    StructuredIllumination SingleMoleculeImaging TotalInternalReflection FluorescenceLifetime SpectralImaging
    FluorescenceCorrelationSpectroscopy NearFieldScanningOpticalMicroscopy SecondHarmonicGenerationImaging PALM STORM
    STED TIRF FSM LCM Other BrightField SweptFieldConfocal SPIM
ContrastMethod Brightfield Phase DIC HoffmanModulation ObliqueIllumination PolarizedLight Darkfield Fluorescence Other
Medium Air Oil Water Glycerol Other
Binning 1x1 2x2 4x4 8x8 Other
MicroscopeType Upright Inverted Dissection Electrophysiology Other
Correction UV PlanApo PlanFluor SuperFluor VioletCorrected Achro Achromat Fluor Fl Fluar Neofluar Fluotar Apo
    PlanNeofluar Other
Immersion Oil Water WaterDipping Air Multi Glycerol Other
DetectorType CCD IntensifiedCCD AnalogVideo PMT Photodiode Spectroscopy LifetimeImaging CorrelationSpectroscopy FTIR
    EMCCD APD CMOS EBCCD Other
FilterType Dichroic LongPass ShortPass BandPass MultiPass NeutralDensity Tuneable Other
LaserType Excimer Gas MetalVapor SolidState Dye Semiconductor FreeElectron Other
LaserMedium Cu Ag ArFl ArCl KrFl KrCl XeFl XeCl XeBr N Ar Kr Xe HeNe HeCd CO CO2 H2O HFl NdGlass NdYAG ErGlass ErYAG
    HoYLF HoYAG Ruby TiSapphire Alexandrite Rhodamine6G CoumarinC30 GaAs GaAlAs EMinus Other
Pulse CW Single QSwitched Repetitive ModeLocked Other
ArcType Hg Xe HgXe Other
FilamentType Incandescent Halogen Other
ExperimentType FP FRET TimeLapse FourDPlus Screen Immunocytochemistry Immunofluorescence FISH Electrophysiology
    IonImaging Colocalization PGIDocumentation FluorescenceLifetime SpectralImaging Photobleaching SPIM Other
MicrobeamManipulationType FRAP FLIP InverseFRAP Photoablation Photoactivation Uncaging OpticalTrapping Other
NamingConvention letter number
FillRule EvenOdd NonZero
FontFamily serif sans-serif cursive fantasy monospace
FontStyle Bold BoldItalic Italic Normal
Marker Arrow
Compression zlib bzip2 none
UnitsLength Ym Zm Em Pm Tm Gm Mm km hm dam m dm cm mm µm nm pm fm am zm ym Å thou li in ft yd mi ua ly pc pt pixel
    reference_frame
UnitsTime Ys Zs Es Ps Ts Gs Ms ks hs das s ds cs ms µs ns ps fs as zs ys min h d
UnitsPressure YPa ZPa EPa PPa TPa GPa MPa kPa hPa daPa Pa dPa cPa mPa µPa nPa pPa fPa aPa zPa yPa bar Mbar kbar dbar
    cbar mbar atm psi Torr mTorr mm_Hg
UnitsTemperature °C °F K °R
UnitsElectricPotential YV ZV EV PV TV GV MV kV hV daV V dV cV mV µV nV pV fV aV zV yV
UnitsPower YW ZW EW PW TW GW MW kW hW daW W dW cW mW µW nW pW fW aW zW yW
UnitsFrequency YHz ZHz EHz PHz THz GHz MHz kHz hHz daHz Hz dHz cHz mHz µHz nHz pHz fHz aHz zHz yHz
UnitsAngle deg rad gon
"""
