"""Extensions of other packages: the entry-point group `homeport.epp_extensions`.

The entry point's value is a module with NAMESPACE, PREFIX, ELEMENTS and EXTENSION, as ours have them; for an object
mapping KIND = "object", and flows in place of EXTENSION. Its name, or its URI, is what [epp] extensions announces:
installing a package changes no greeting. The lookup takes 20 ms, so it is done for unknown names only.
"""

from functools import cache
from importlib.metadata import entry_points

from homeport.services.epp.grammar.namespaces import BY_URI, Kind, Namespace

GROUP = "homeport.epp_extensions"
NEEDED = ("NAMESPACE", "PREFIX", "ELEMENTS")


@cache
def installed() -> dict[str, Namespace]:
    """Return the namespaces of other packages, by the names of their entry points, and make them known.

    Raises: TypeError for a module that cannot be imported or lacks a part.
    """
    found: dict[str, Namespace] = {}
    for entry in entry_points(group=GROUP):
        try:
            module = entry.load()
        except Exception as error:  # another package's code may raise anything
            raise TypeError(f"{entry.value}, an entry point of {GROUP}, cannot be imported: {error}") from error
        kind: Kind = getattr(module, "KIND", "extension")
        missing = [name for name in (*NEEDED, *(["EXTENSION"] * (kind == "extension"))) if not hasattr(module, name)]
        if missing:
            raise TypeError(f"{entry.value}, an entry point of {GROUP}, lacks {', '.join(missing)}")
        one = Namespace(entry.value, module.NAMESPACE, module.PREFIX, kind, announced=False, installed=True)
        found[entry.name] = BY_URI.setdefault(one.uri, one)
    return found
