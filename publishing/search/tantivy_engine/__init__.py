"""The embedded engine: tantivy, in a folder of this machine. Enters: what knows tantivy; all else sees SearchIndex."""
