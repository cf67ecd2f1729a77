"""Parts of a document that the schema leaves open or does not know, kept as XML text: the same parts, the same text.

In the text the default namespace is OME's unless it says another, so that it can stand in a document as it is. Prefixes
stay as they were; comments and processing instructions go.
"""

from collections.abc import Sequence

from imaging.ome.model import NAMESPACE

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
Declarations = Sequence[tuple[str | None, str | None]]


def escape_text(text: str) -> str:
    """Text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """Text between double quotes."""
    found = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return found.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


class FragmentWriter:
    """Takes the events of an XML parser with namespaces, whose names are "uri local prefix", "uri local" or "local"."""

    def __init__(self, document_namespace: str) -> None:
        self.document_namespace = document_namespace
        self.parts: list[str] = []
        self.scopes: list[dict[str, str]] = [{"": NAMESPACE, "xml": XML_NAMESPACE}]
        self.open: list[str] = []

    def start(self, name: str, attributes: Sequence[str], declarations: Declarations) -> None:
        """An element begins; `attributes` are names and values in turn, `declarations` its (prefix, namespace)."""
        scope = dict(self.scopes[-1])
        declared: dict[str, str] = {}
        for prefix, uri in declarations:
            self._declare(prefix or "", self._namespace(uri or ""), scope, declared)
        tag = self._name(name, scope, declared, element=True)
        pairs = [
            (self._name(attribute, scope, declared, element=False), value)
            for attribute, value in zip(attributes[::2], attributes[1::2], strict=True)
        ]
        self.parts.append(f"<{tag}")
        for prefix, uri in sorted(declared.items()):
            self.parts.append(f' xmlns{":" if prefix else ""}{prefix}="{escape_attribute(uri)}"')
        self.parts += [f' {attribute}="{escape_attribute(value)}"' for attribute, value in sorted(pairs)]
        self.parts.append(">")
        self.scopes.append(scope)
        self.open.append(tag)

    def text(self, text: str) -> None:
        """Text within the element that is open."""
        self.parts.append(escape_text(text))

    def end(self) -> None:
        """The element that is open ends."""
        self.scopes.pop()
        self.parts.append(f"</{self.open.pop()}>")

    def result(self) -> str:
        """The text."""
        return "".join(self.parts)

    def _namespace(self, uri: str) -> str:
        return NAMESPACE if uri == self.document_namespace else uri

    def _declare(self, prefix: str, uri: str, scope: dict[str, str], declared: dict[str, str]) -> None:
        if scope.get(prefix, "") != uri:
            scope[prefix] = declared[prefix] = uri

    def _name(self, name: str, scope: dict[str, str], declared: dict[str, str], *, element: bool) -> str:
        uri, local, prefix = split_name(name)
        if element or uri:
            self._declare(prefix, self._namespace(uri) if element else uri, scope, declared)
        return f"{prefix}:{local}" if prefix else local


def split_name(name: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix, each "" if there is none."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", name, ""
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""


def clark(name: str) -> str:
    """A parser's name as "{namespace}name"."""
    uri, local, _ = split_name(name)
    return f"{{{uri}}}{local}" if uri else local
