"""Attributes of a registry that are made when one of them is first read."""

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

Made = TypeVar("Made")


class Begun(Protocol):
    """An object whose attributes are made together."""

    def begin_now(self) -> None:
        """Make them."""


class FromContents(Generic[Made]):
    """An attribute that is made from the contents when it, or another one of this kind, is first read.

    Most worlds of tests never read their registry. After the first access the attributes are ordinary ones.
    """

    def __set_name__(self, owner: type[Begun], name: str) -> None:
        self._name = name

    def __get__(self, registry: Begun, owner: type[Begun]) -> Made:
        registry.begin_now()
        made: Made = registry.__dict__[self._name]
        return made

    if TYPE_CHECKING:  # assignments go to the instance; a `__set__` here would make each read slow

        def __set__(self, registry: Begun, made: Made) -> None: ...
