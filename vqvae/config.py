"""Frozen dataclasses to JSON and back; an unknown or missing key is an error, never a guess."""

from __future__ import annotations

import dataclasses
import json
import os
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_json(config: Any) -> Any:
    """A (nested) frozen dataclass -> plain dicts, lists and scalars."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return {field.name: to_json(getattr(config, field.name)) for field in dataclasses.fields(config)}
    if isinstance(config, list | tuple):
        return [to_json(item) for item in config]
    if isinstance(config, dict):
        return {key: to_json(item) for key, item in config.items()}
    return config


def from_json(cls: type[T], data: Any, where: str = "") -> T:
    """Plain JSON -> `cls`.  ValueError naming the key when one is unknown, missing, or of another type."""
    return typing.cast(T, _convert(cls, data, where or cls.__name__))


def _convert(kind: Any, data: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, data, where)
    if origin in (types.UnionType, typing.Union):
        if data is None and type(None) in arguments:
            return None
        return _convert(next(choice for choice in arguments if choice is not type(None)), data, where)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise ValueError(f"{where} must be a list, got {data!r}")
        return tuple(_convert(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind in (int, float, str, bool) and type(data) is not kind:
        raise ValueError(f"{where} must be {kind.__name__}, got {data!r}")
    return data


def _dataclass(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where} must be an object, got {data!r}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(set(data) - set(fields)):
        raise ValueError(f"{where} has no setting {unknown[0]!r}; it has: {', '.join(fields)}")
    required = [n for n, f in fields.items() if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    if missing := [name for name in required if name not in data]:
        raise ValueError(f"{where} lacks {missing[0]!r}")
    hints = typing.get_type_hints(kind)
    return kind(**{name: _convert(hints[name], value, f"{where}.{name}") for name, value in data.items()})


def read_json(path: Path) -> Any:
    """The content of a JSON file; ValueError in one sentence when it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"there is no {path.name} in {path.parent.name or '.'}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; ValueError in one sentence when it is missing, not JSON, or something else than an object."""
    data = read_json(path)
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} in {path.parent.name or '.'} must hold a JSON object, it holds {str(data)[:40]!r}")
    return data


def write_json(path: Path, data: Any) -> None:
    """Write JSON all or nothing; ValueError for NaN and infinity, which JSON does not have."""
    write_bytes(path, (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file all or nothing: beside the target, to the disk, then renamed.  OSError naming the target when it cannot be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if beside.exists():
            beside.unlink()


def require_writable(path: Path, folder: bool = False) -> None:
    """ValueError unless a file (or a folder, with those above it) can be written at `path`; nothing is made."""
    if path.is_dir() and not folder:
        raise ValueError(f"{path} cannot be written: it is a folder")
    above = path if folder else path.absolute().parent
    while folder and not os.path.lexists(above):
        above = above.absolute().parent
    if not above.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {above}")
    if not os.access(above, os.W_OK | os.X_OK) or (path.is_file() and not os.access(path, os.W_OK)):
        raise ValueError(f"{path} cannot be written: permission denied")
