"""The modules about people, money and related works."""

from catalogue.rules.archives import CHOICES as ARCHIVES
from catalogue.rules.fields import Field, Kind, Level, Module

# "Author", who becomes a DataCite creator; DataCite 4.6 contributorType, those that a person can have; and the roles of
# CRediT (ANSI/NISO Z39.104-2022), whose keys are the last part of their addresses at credit.niso.org.
DATACITE_ROLES = (
    ("Author", "Author"),
    ("ContactPerson", "Contact person"),
    ("DataCollector", "Data collector"),
    ("DataCurator", "Data curator"),
    ("DataManager", "Data manager"),
    ("Distributor", "Distributor"),
    ("Editor", "Editor"),
    ("Producer", "Producer"),
    ("ProjectLeader", "Project leader"),
    ("ProjectManager", "Project manager"),
    ("ProjectMember", "Project member"),
    ("RelatedPerson", "Related person"),
    ("Researcher", "Researcher"),
    ("RightsHolder", "Rights holder"),
    ("Sponsor", "Sponsor"),
    ("Supervisor", "Supervisor"),
    ("Translator", "Translator"),
    ("WorkPackageLeader", "Work package leader"),
    ("Other", "Other"),
)
CREDIT_ROLES = (
    ("conceptualization", "Conceptualization"),
    ("data-curation", "Data curation"),
    ("formal-analysis", "Formal analysis"),
    ("funding-acquisition", "Funding acquisition"),
    ("investigation", "Investigation"),
    ("methodology", "Methodology"),
    ("project-administration", "Project administration"),
    ("resources", "Resources"),
    ("software", "Software"),
    ("supervision", "Supervision"),
    ("validation", "Validation"),
    ("visualization", "Visualization"),
    ("writing-original-draft", "Writing: original draft"),
    ("writing-review-editing", "Writing: review and editing"),
)
ROLES = (*DATACITE_ROLES, *((key, f"{label} (CRediT)") for key, label in CREDIT_ROLES))

# How a related thing relates to the study: relationType of DataCite 4.6, those that fit.
RELATIONS = (
    ("IsSupplementTo", "this study belongs to it"),
    ("IsSupplementedBy", "it belongs to this study"),
    ("References", "this study refers to it"),
    ("IsDerivedFrom", "this study was made from it"),
    ("IsSourceOf", "it was made from this study"),
    ("IsDocumentedBy", "it documents this study"),
    ("IsIdenticalTo", "the same data, elsewhere"),
    ("IsPartOf", "this study is a part of it"),
    ("HasPart", "it is a part of this study"),
    ("Requires", "it is needed to use this study, e.g. code"),
)

CONTRIBUTOR = Module(
    key="contributor",
    label="Person",
    plural="contributors",
    plural_label="People",
    help="Who made the study, in the order in which it is to be cited.",
    level=Level.REQUIRED,
    fields=(
        Field("family_name", "Family name", "Family name, as in publications.", "Curie", Level.REQUIRED,
              source="REMBI Author/Last name"),
        Field("given_name", "Given name", "Given names or initials.", "Marie", Level.RECOMMENDED,
              source="REMBI Author/First name"),
        Field("orcid", "ORCID", "The person's ORCID iD, 16 digits.", "0000-0002-1825-0097", Level.RECOMMENDED,
              Kind.ORCID, source="REMBI Author/ORCID"),
        Field("email", "E-mail", "How readers reach this person. Shown to curators only.", "name@example.org",
              Level.OPTIONAL, Kind.EMAIL, source="REMBI Author/Email"),
        Field("affiliations", "Affiliations", "Where this person works, one row an organisation.",
              "University of Dundee",
              Level.REQUIRED, Kind.ROWS, source="REMBI Author/Affiliation",
              columns=(Field("organisation", "Organisation", "One of the organisations of this study.", "",
                             Level.REQUIRED, Kind.REFERENCE, target="organisation"),)),
        Field("roles", "Roles", "What this person did. Authors are cited.", "Author", Level.RECOMMENDED,
              Kind.ROWS, source="REMBI Author/Role; DataCite contributorType; CRediT",
              columns=(Field("role", "Role", "DataCite's contributor types and CRediT's roles.", "Author",
                             Level.REQUIRED, Kind.CHOICE, choices=ROLES),)),
    ),
)  # fmt: skip

ORGANISATION = Module(
    key="organisation",
    label="Organisation",
    plural="organisations",
    plural_label="Organisations",
    help="Universities, institutes and companies where the people of this study work.",
    level=Level.REQUIRED,
    fields=(
        Field("name", "Name", "Full name of the organisation.", "University of Colorado Anschutz", Level.REQUIRED,
              source="REMBI Organisation/Name"),
        Field("ror", "ROR", "The organisation's identifier at ror.org.", "https://ror.org/03wmf1y16",
              Level.RECOMMENDED, Kind.ROR, source="REMBI Organisation/RORID"),
        Field("address", "Address", "Postal address, if readers need it.", "Aurora, CO, USA",
              source="REMBI Organisation/Address"),
        Field("website", "Website", "The organisation's web address.", "https://example.org", kind=Kind.URL,
              source="BioImage Archive Organisation/website"),
    ),
)  # fmt: skip

FUNDING = Module(
    key="funding",
    label="Grant",
    plural="grants",
    plural_label="Grants",
    help="Who paid for the work.",
    level=Level.RECOMMENDED,
    fields=(
        Field("funder_name", "Funder", "Full name of the funder.", "European Research Council", Level.REQUIRED,
              source="REMBI Study/Grant references"),
        Field("funder_id", "Funder id", "The funder's ROR or Crossref funder id.", "https://ror.org/0472cxd90",
              Level.RECOMMENDED, source="DataCite funderIdentifier"),
        Field("identifier", "Grant number", "As the funder writes it.", "101000000", Level.RECOMMENDED,
              source="REMBI Study/Grant references"),
        Field("title", "Grant title", "The title of the funded project.",
              "Cell shape in neurofibromatosis", source="DataCite awardTitle"),
        Field("further_funders", "Other funders", "If several pay for the same grant: the others, one row each.",
              "Wellcome Trust", Level.OPTIONAL, Kind.ROWS, source="REMBI Study/Grant references",
              columns=(Field("name", "Funder", "Full name of the funder.", "Wellcome Trust", Level.REQUIRED),
                       Field("identifier", "Funder id", "Its ROR or Crossref funder id.",
                             "https://ror.org/029chgv08"))),
    ),
)  # fmt: skip

PUBLICATION = Module(
    key="publication",
    label="Publication",
    plural="publications",
    plural_label="Publications",
    help="Articles and preprints about this study.",
    level=Level.RECOMMENDED,
    fields=(
        Field("title", "Title", "Title of the article. Needed when it has no DOI yet.",
              "REMBI: Recommended Metadata for Biological Images", Level.RECOMMENDED,
              source="REMBI Publication/Title"),
        Field("doi", "DOI", "The article's DOI.", "10.1038/s41592-021-01166-8", Level.RECOMMENDED, Kind.DOI,
              source="REMBI Publication/DOI"),
        Field("authors", "Authors", "As printed in the article.", "Ugis Sarkans, Wah Chiu, Lucy Collinson",
              source="REMBI Publication/Authors"),
        Field("year", "Year", "Year of publication.", "2021", kind=Kind.YEAR, source="REMBI Publication/Year"),
        Field("pubmed_id", "PubMed id", "Digits only.", "34021280", source="REMBI Publication/PubMed ID"),
        Field("status", "Status", "Where the article stands.", "published", kind=Kind.CHOICE,
              source="REMBI Publication/Release status",
              choices=(("in preparation", "in preparation"), ("submitted", "submitted"), ("preprint", "preprint"),
                       ("accepted", "accepted"), ("published", "published"))),
    ),
)  # fmt: skip

LINK = Module(
    key="link",
    label="Link",
    plural="links",
    plural_label="Links",
    help="Related data in other archives, code and pages: by address, or by archive and accession.",
    fields=(
        Field("description", "What it is", "A few words.", "RNA sequencing of the same cells", Level.RECOMMENDED,
              source="REMBI Study/Links"),
        Field("url", "Address", "Web address of the related thing. Not needed if it has an accession.",
              "https://example.org/analysis", Level.RECOMMENDED, Kind.URL, source="REMBI Study/Links"),
        Field("database", "Archive", "The archive that holds it, if it has an accession there.", "geo",
              Level.OPTIONAL, Kind.CHOICE, choices=ARCHIVES, source="REMBI Study/Links; identifiers.org"),
        Field("accession", "Accession", "Its accession in that archive.", "GSE63525", Level.OPTIONAL,
              Kind.ACCESSION, source="REMBI Study/Links; identifiers.org"),
        Field("relation", "How it relates", "Empty: the study refers to it.", "IsSupplementedBy", Level.OPTIONAL,
              Kind.CHOICE, choices=RELATIONS, source="DataCite 4.6 relationType"),
    ),
)  # fmt: skip
