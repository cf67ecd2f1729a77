"""The metadata model's fields and rules as data, and a Django-free evaluator of them.

Forms, API, documents, imports and the completeness panel all derive from the table in `rembi.py`.
"""

from catalogue.rules.evaluate import Finding, evaluate, score
from catalogue.rules.facts import ComponentFacts, Facts, Optics, PlateFacts
from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.rembi import BY_KEY, BY_PLURAL, MODULES

__all__ = [
    "BY_KEY",
    "BY_PLURAL",
    "MODULES",
    "ComponentFacts",
    "Facts",
    "Field",
    "Finding",
    "Kind",
    "Level",
    "Module",
    "Optics",
    "PlateFacts",
    "evaluate",
    "score",
]
