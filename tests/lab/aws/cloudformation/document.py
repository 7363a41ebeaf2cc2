"""A template as text, and as data."""

from __future__ import annotations

import json
from typing import Any

import yaml

Node = Any


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (``!Ref``, ``!Sub``, ...)."""


def _short_form(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Node]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


# A policy's `Version: 2012-10-17` is text, and never a date.
TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
TemplateLoader.add_multi_constructor("!", _short_form)


def parse(body: str) -> dict[str, Node]:
    """The template in ``body``, JSON or YAML.

    Raises:
        ValueError: ``body`` is neither, or holds no resource.
    """
    try:
        template = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=TemplateLoader)
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"Template format error: {error}") from error
    if not isinstance(template, dict) or not template.get("Resources"):
        raise ValueError("Template format error: At least one Resources member must be defined.")
    return template
