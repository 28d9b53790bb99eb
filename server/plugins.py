"""Names of carriers, bridges and tools, and their modules when first asked for.

A name is a plain module in the plural folder, or an entry point in `switchboard.<kind>` of an
installed package, or a line in the settings. A stranger may add a name and never shadow one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType

from server.errors import PluginError

__all__ = ["Plugins"]


class Plugins:
    """What of one kind can be had, by name; nothing is imported before it is used."""

    def __init__(self, kind: str, package: ModuleType, extra: Mapping[str, str]) -> None:
        """`extra`: name to import path, from the settings.

        Raises:
            PluginError: two sources claim the same name.
        """
        self._kind = kind
        self._paths = {
            module.name: f"{package.__name__}.{module.name}"
            for module in pkgutil.iter_modules(package.__path__)
            if not module.ispkg and not module.name.startswith("_")
        }
        strangers = [
            (point.name, point.value) for point in entry_points(group=f"switchboard.{kind}")
        ]
        for name, path in (*strangers, *extra.items()):
            if name in self._paths:
                raise PluginError(kind, name, f"is claimed by {self._paths[name]} and by {path}")
            self._paths[name] = path

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._paths))

    def load(self, name: str) -> ModuleType:
        """Import the module of that name.

        Raises:
            PluginError: there is none, or it needs a package that is not installed.
        """
        path = self._paths.get(name)
        if path is None:
            raise PluginError(self._kind, name, f"is unknown; there are {', '.join(self.names())}")
        try:
            return importlib.import_module(path)
        except ImportError as error:
            raise PluginError(self._kind, name, f"cannot be loaded from {path}: {error}") from error
