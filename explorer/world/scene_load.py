"""Scene files → `Scene`: merging of extended files, checks across fields, places in a valley."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec
import yaml

from explorer.typed_yaml import decode
from explorer.world.fields import At
from explorer.world.scene import Camera, Scene
from explorer.world.stations import Billboard, Notice
from explorer.world.valley import Frame, Valley, Vec3
from explorer.yaml_nodes import (
    Place,
    YamlError,
    children,
    compose,
    describe,
    nearest,
    overlay,
    place_of,
)

LISTS = ("stations", "spots")
"""Lists whose entries have ids, by which an extending scene names them."""


class SceneError(YamlError):
    """A mistake in a scene file, as one line."""


def load_scene(path: Path, texts: Collection[str] | None = None) -> Scene:
    """Read, merge and check a scene file; with the keys of all `texts` also that it names none that is not there.

    Raises `SceneError`.
    """
    scene, places = decode(_merged(path, ()), Scene, SceneError)
    _check(scene, places)
    if texts is not None:
        _check_texts(scene, places, texts)
    return scene


# -- extending ------------------------------------------------------------------------------------


def _merged(path: Path, above: tuple[Path, ...]) -> yaml.MappingNode:
    """The file's nodes laid over those of the file it extends."""
    node = compose(path, SceneError)
    fields = children(node)
    if "extends" not in fields:
        if removed := fields.get("remove"):
            raise SceneError(
                place_of(removed[0]), "remove", "`extends` beside it", "nothing to remove from"
            )
        return node
    name = fields["extends"][1]
    base_path = path.parent / str(name.value)
    if not isinstance(name, yaml.ScalarNode) or not base_path.is_file():
        near = nearest(str(name.value), sorted(p.name for p in path.parent.glob("*.yaml")))
        raise SceneError(place_of(name), "extends", "a scene file", describe(name) + near)
    if base_path.resolve() in (*above, path.resolve()):
        raise SceneError(place_of(name), "extends", "a scene that does not extend this one", "it")
    base = _merged(base_path, (*above, path.resolve()))
    _remove(base, fields.get("remove"))
    before, merged = children(base), overlay(base, node)
    for i, (key, value) in enumerate(merged.value):
        if key.value in LISTS and key.value in before:
            merged.value[i] = (key, _by_id(before[key.value][1], value))
    return merged


def _by_id(base: yaml.Node, top: yaml.Node) -> yaml.Node:
    """Entries of `top` changing those of `base` with the same id, others added."""
    both = isinstance(base, yaml.SequenceNode) and isinstance(top, yaml.SequenceNode)
    if not both or top is base:
        return top
    entries, changed = list(base.value), set()
    known = {_id(e): i for i, e in enumerate(entries)}
    for entry in top.value:
        name = _id(entry)
        if name in known and name not in changed:
            changed.add(name)
            entries[known[name]] = overlay(entries[known[name]], entry)
        else:
            entries.append(entry)
    return yaml.SequenceNode(top.tag, entries, top.start_mark, top.end_mark)


def _remove(base: yaml.MappingNode, removed: tuple[yaml.Node, yaml.Node] | None) -> None:
    """Take the stations and spots named in `removed` out of `base`."""
    if removed is None or not isinstance(removed[1], yaml.SequenceNode):
        return
    lists = [
        node
        for name in LISTS
        if isinstance(node := children(base).get(name, (None, None))[1], yaml.SequenceNode)
    ]
    known = [_id(e) for node in lists for e in node.value]
    for entry in removed[1].value:
        if str(entry.value) not in known:
            found = describe(entry) + nearest(str(entry.value), known)
            raise SceneError(place_of(entry), "remove", "an id of the extended scene", found)
        for node in lists:
            node.value = [e for e in node.value if _id(e) != entry.value]


def _id(node: yaml.Node) -> str:
    if not isinstance(node, yaml.MappingNode) or "id" not in children(node):
        return ""
    return str(children(node)["id"][1].value)


# -- checks across fields -------------------------------------------------------------------------


def _check(scene: Scene, places: Mapping[str, Place]) -> None:
    """What types alone cannot say: unique ids, names that refer to something, rising times."""

    def fail(path: str, expected: str, found: str) -> SceneError:
        return SceneError(places[path], path, expected, found)

    def camera(path: str, name: str) -> None:
        if name not in scene.cameras:
            known = list(scene.cameras)
            raise fail(path, "the name of a camera", repr(name) + nearest(name, known))

    for field, entries in (("stations", scene.stations), ("spots", scene.spots)):
        seen: set[str] = set()
        for entry in entries:
            path = f"{field}[{entry.id}]"
            if entry.id in seen:
                raise fail(f"{path}.id", "an id that is used once", f"{entry.id!r} twice")
            seen.add(entry.id)
    for station in scene.stations:
        if isinstance(station, Billboard) and (station.array is None) == (station.text is None):
            both = "none" if station.array is None else "both"
            raise fail(f"stations[{station.id}]", "either `array` or `text`", both)
    for name, flight in scene.flights.items():
        last = -1.0
        for i, key in enumerate(flight.keys):
            path = f"flights.{name}.keys[{i}]"
            camera(f"{path}.camera", key.camera)
            if key.at is not None and key.at <= last:
                raise fail(f"{path}.at", f"a time after {last:g}", f"{key.at:g}")
            last = last if key.at is None else key.at
    keys: set[str] = set()
    for spot in scene.spots:
        camera(f"spots[{spot.id}].camera", spot.camera)
        if spot.key and spot.key in keys:
            path = f"spots[{spot.id}].key"
            raise fail(path, "a key that is used once", f"{spot.key!r} twice")
        keys.add(spot.key or "")
    camera("start", scene.start)


def _check_texts(scene: Scene, places: Mapping[str, Place], texts: Collection[str]) -> None:
    for path, key in _text_keys(scene):
        if key not in texts:
            found = repr(key) + nearest(key, list(texts))
            raise SceneError(places[path], path, "the key of a text in scenes/locales", found)


def _text_keys(scene: Scene) -> Iterator[tuple[str, str]]:
    """Every text the scene names, and the field that names it."""
    yield "title", scene.title
    for station in scene.stations:
        path = f"stations[{station.id}]"
        if isinstance(station, Notice):
            yield from ((f"{path}.text", f"{station.text}.{part}") for part in ("title", "look"))
        elif station.text:
            yield f"{path}.text", station.text
        if saying := getattr(station, "saying", None):
            yield f"{path}.saying", saying
    for spot in scene.spots:
        yield f"spots[{spot.id}].title", spot.title


# -- places ---------------------------------------------------------------------------------------


def resolve(at: At, valley: Valley) -> Frame:
    """The place `at` means in this valley; an anchor it lacks is a `SceneError`."""
    if at.anchor == "origin":
        return Frame(at.offset, at.yaw)
    anchor = valley.anchors.get(at.anchor)
    if anchor is None:
        file, line, path = written(at)
        found = repr(at.anchor) + nearest(at.anchor, list(valley.anchors))
        expected = f"a place of the network {valley.model!r}"
        raise SceneError((file, line), f"{path}.anchor", expected, found)
    return Frame(anchor.to_world(at.offset), anchor.yaw + at.yaw)


def written(at: At) -> tuple[str, int, str]:
    """File, line and field where `at` was written."""
    match = re.match(r"(.*?):(\d+): (.*)", at.where)
    return (match[1], int(match[2]), match[3]) if match else ("scene", 1, "at")


def view_of(camera: Camera, valley: Valley) -> tuple[Vec3, Vec3]:
    """Eye and point looked at, in the world."""
    return resolve(camera.eye, valley).origin, resolve(camera.look, valley).origin


def fit(scene: Scene, valley: Valley) -> Scene:
    """The scene without its optional parts that this valley has no place for.

    Every other anchor is checked, so that a scene is either usable as a whole or refused.
    """

    def missing(*places: At) -> bool:
        return any(p.anchor != "origin" and p.anchor not in valley.anchors for p in places)

    stations = [s for s in scene.stations if not (s.optional and missing(s.at))]
    cameras = {
        name: c
        for name, c in scene.cameras.items()
        if not (c.optional and name != scene.start and missing(c.eye, c.look))
    }
    flights = {}
    for name, flight in scene.flights.items():
        keys = [k for k in flight.keys if k.camera in cameras]
        if len(keys) > 1:
            flights[name] = msgspec.structs.replace(flight, keys=keys)
    for place in [s.at for s in stations] + [p for c in cameras.values() for p in (c.eye, c.look)]:
        resolve(place, valley)
    spots = [s for s in scene.spots if s.camera in cameras]
    return msgspec.structs.replace(
        scene, stations=stations, cameras=cameras, flights=flights, spots=spots
    )
