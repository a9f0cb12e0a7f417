"""functools.cached_property without functools, whose import a light command would feel."""

from __future__ import annotations

__all__ = ["lazy"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:
        """Computed on first use, then an ordinary attribute."""

        def __init__(self, make):
            self.make, self.name = make, make.__name__
            self.__doc__ = make.__doc__

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.make(instance)
            return value
