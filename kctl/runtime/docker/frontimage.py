"""An image of this machine's own binaries and the libraries that they need.

The dynamic loader that a binary names says itself which files it would load
(`ld.so --list`), so nothing is guessed. Everything lies under /usr, with the usual links
beside it, as on the distributions of today.
"""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kctl.runtime.docker.imagetar import File, OwnImages, archive

if TYPE_CHECKING:
    from kctl.network.types import ImageRecipe

_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_LINKS = [(f"/{name}", f"usr/{name}") for name in ("bin", "sbin", "lib", "lib32", "lib64")]
_GO_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
_INTERPRETER = 3
"""PT_INTERP"""


class MissingBinary(Exception):
    """A binary of a recipe is not on this machine; the text says what to install."""


def ensure(images: OwnImages, recipe: ImageRecipe, architecture: str) -> str:
    """The reference of the recipe's image on an engine of this architecture.

    Raises `MissingBinary`."""
    own = _GO_NAMES.get(platform.machine(), platform.machine())
    if architecture != own:
        raise MissingBinary(
            f"the image {recipe.name} is made of this machine's binaries ({own}), and the host "
            f"is {architecture}: name an image in the settings"
        )
    paths = f"ENV PATH={':'.join(_FOLDERS)}"
    return images.ensure(recipe.name, archive(contents(recipe), _LINKS), [paths])


def contents(recipe: ImageRecipe) -> list[File]:
    """The files of the image: binaries, their libraries, and the recipe's own."""
    files: dict[str, File] = {}
    paths = [find(name, recipe.packages.get(name, "")) for name in recipe.binaries]
    paths += [path for name in recipe.optional if (path := _which(name))]
    paths += _plugins(recipe, paths)
    for path in paths:
        for each in [path, *libraries(path)]:
            target = _under_usr(each)
            files[target] = (target, Path(each).read_bytes(), 0o755)
    for path, data, mode in recipe.files:
        files[_under_usr(path)] = (_under_usr(path), data, mode)
    return list(files.values())


def find(name: str, package: str = "") -> str:
    """Where a binary is: on PATH, or in the folders that an ordinary user's PATH lacks."""
    path = _which(name)
    if not path:
        install = f": install it with apt-get install {package}" if package else ""
        raise MissingBinary(f"{name} is not installed on this machine{install}")
    return path


def _which(name: str) -> str:
    wide = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS])
    return shutil.which(name, path=wide) or ""


def _plugins(recipe: ImageRecipe, binaries: Iterable[str]) -> list[str]:
    """The files that match the recipe's patterns, beside the libraries of its binaries."""
    folders = {str(Path(each).parent) for path in binaries for each in libraries(path)}
    return sorted(
        str(each)
        for folder in folders
        for pattern in recipe.plugins
        for each in Path(folder).glob(pattern)
    )


def libraries(path: str) -> list[str]:
    """The files that the dynamic loader would load for a binary, itself included; none for
    a static one."""
    loader = interpreter(path)
    if not loader:
        return []
    answer = subprocess.run(
        [loader, "--list", path], capture_output=True, text=True, timeout=20, check=False
    )
    if answer.returncode != 0:
        raise MissingBinary(f"{path} cannot be loaded: {answer.stderr.strip()}")
    return [loader, *_listed(answer.stdout.splitlines(), path)]


def _listed(lines: Iterable[str], path: str) -> Iterable[str]:
    """`libc.so.6 => /lib/…/libc.so.6 (0x7f…)`; the kernel's own (vdso) has no path."""
    for line in lines:
        _, arrow, target = line.strip().partition(" => ")
        found = target.rpartition(" (")[0] or target
        if arrow and found == "not found":
            raise MissingBinary(f"{path} needs a library that is missing: {line.strip()}")
        if arrow and found.startswith("/"):
            yield found


def interpreter(path: str) -> str:
    """The loader that an ELF file names, "" for a static one; raises `MissingBinary` for
    what is no 64-bit ELF file of this machine."""
    data = Path(path).read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise MissingBinary(f"{path} is not a program that an image can be made of")
    offset, size, count = (
        struct.unpack_from("<Q", data, 32)[0],
        struct.unpack_from("<H", data, 54)[0],
        struct.unpack_from("<H", data, 56)[0],
    )
    for at in range(offset, offset + size * count, size):
        kind, _, start, _, _, length = struct.unpack_from("<IIQQQQ", data, at)
        if kind == _INTERPRETER:
            return data[start : start + length].rstrip(b"\0").decode()
    return ""


def _under_usr(path: str) -> str:
    top = path.split("/")[1]
    return f"/usr{path}" if f"/{top}" in dict(_LINKS) else path
