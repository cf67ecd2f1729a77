"""Elasticsearch by its official client. Enters: what knows Elasticsearch; all else sees SearchIndex."""
