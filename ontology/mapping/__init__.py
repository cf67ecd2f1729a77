"""What free text means: candidate terms with scores and tiers, people's decisions, and both as SSSOM.

Enters: what leads from a text to a term. Finding names while typing is `ontology.names.comparing`'.
"""
