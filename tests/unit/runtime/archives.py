"""Archives for tests, as several tools write them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import IO, Any

from kctl.runtime.image_spool import spool


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def config(layers: Sequence[bytes], **more: Any) -> bytes:
    content = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [digest(each) for each in layers]},
        **more,
    }
    return json.dumps(content).encode()


def tar(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return out.getvalue()


def docker(layers: Sequence[bytes], *names: str, **more: Any) -> bytes:
    """As Docker before 25: a folder for each layer, links where two are the same."""
    files: dict[str, bytes] = {"c.json": config(layers, **more)}
    links: dict[str, str] = {}
    first: dict[bytes, int] = {}
    for number, data in enumerate(layers):
        if data in first:
            links[f"{number}/layer.tar"] = f"../{first[data]}/layer.tar"
        else:
            first[data] = number
            files[f"{number}/layer.tar"] = data
    paths = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "c.json", "RepoTags": list(names) or None, "Layers": paths}]
    files["manifest.json"] = json.dumps(manifest).encode()
    return tar(files, links)


def layout(
    images: Sequence[tuple[str, Sequence[bytes], Mapping[str, Any]]], *, nested: bool = False
) -> bytes:
    """An OCI image layout of (name, layers, more of the configuration)."""
    files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(data: bytes) -> dict[str, Any]:
        files[f"blobs/{digest(data).replace(':', '/')}"] = data
        return {"digest": digest(data), "size": len(data)}

    listed = []
    for name, layers, more in images:
        manifest = {
            "config": blob(config(layers, **more)),
            "layers": [blob(each) for each in layers],
        }
        descriptor = blob(json.dumps(manifest).encode())
        descriptor["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
        descriptor["annotations"] = {"io.containerd.image.name": name}
        listed.append(descriptor)
    index: dict[str, Any] = {"manifests": listed}
    if nested:
        inner = blob(json.dumps(index).encode())
        inner["mediaType"] = "application/vnd.oci.image.index.v1+json"
        index = {"manifests": [inner]}
    files["index.json"] = json.dumps(index).encode()
    return tar(files)


def file(data: bytes) -> IO[bytes]:
    made = spool()
    made.write(data)
    made.flush()
    return made
