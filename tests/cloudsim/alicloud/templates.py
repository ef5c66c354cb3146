# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ROS: templates, read and checked before anything is made, and what their functions come to.

Documented: the format's version, sections, Ref and the Fn:: functions here, their short forms in YAML, and that a
template which refers to nothing, lacks a parameter or goes in a circle is refused. The codes of these refusals are
those of the service's error table as far as it was seen; their texts are made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from .wire import ApiError

FORMAT = "2015-09-01"
LARGEST = 524_288
MOST_RESOURCES = 200
_SECTIONS = {
    *("ROSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources"),
    "Outputs",
}
_PSEUDO = {"ALIYUN::Region", "ALIYUN::StackName", "ALIYUN::StackId"}
_SUB = re.compile(r"\$\{(!?)([^}]+)\}")
#: What of a resource can be asked for, by its type; the types that are simulated.
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "ALIYUN::ECS::VPC": frozenset({"VpcId", "VpcName"}),
    "ALIYUN::ECS::VSwitch": frozenset({"VSwitchId", "CidrBlock"}),
    "ALIYUN::ECS::SecurityGroup": frozenset({"SecurityGroupId", "SecurityGroupName"}),
    "ALIYUN::ECS::Instance": frozenset({"InstanceId", "PublicIp", "PrivateIp", "HostName", "ZoneId"}),
    "ALIYUN::ECS::RunCommand": frozenset({"CommandId", "InvokeId"}),
}


class _Loader(yaml.SafeLoader):
    """YAML with the short forms of functions: !Ref, !GetAtt and so on."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {"Ref" if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)  # type: ignore[no-untyped-call]
# The format's version is a date without quotes in most templates.
_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Template:
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)


def invalid(code: str, message: str) -> ApiError:
    return ApiError(400, code, message)


def read(text: str) -> Template:
    """A template that could be made as far as it alone can tell."""
    if not 1 <= len(text.encode()) <= LARGEST:
        raise invalid("InvalidParameter", f"The template must have from 1 to {LARGEST} bytes.")
    try:
        document = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise invalid("InvalidTemplate", f"The template is invalid: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise invalid("InvalidTemplate", "The template is invalid: it is no mapping.")
    for name in document:
        if name not in _SECTIONS:
            raise invalid("InvalidTemplateSection", f"The template section is invalid: {name}.")
    if str(document.get("ROSTemplateFormatVersion")) != FORMAT:
        raise invalid("InvalidTemplateVersion", f"The template version is invalid: it must be {FORMAT}.")
    template = Template(
        str(document.get("Description") or ""),
        *(document.get(name) or {} for name in ("Parameters", "Resources", "Outputs")),
    )
    return _checked(template)


def _checked(template: Template) -> Template:
    if len(template.resources) > MOST_RESOURCES:
        raise ApiError(403, "TemplateResourceLimitExceeded", f"A stack has at most {MOST_RESOURCES} resources.")
    for name, raw in template.resources.items():
        if not isinstance(raw, dict) or raw.get("Type") not in ATTRIBUTES:
            kind = raw.get("Type") if isinstance(raw, dict) else raw
            raise invalid("StackValidationFailed", f"The Resource Type ({kind}) of {name} could not be found.")
    needs = {name: frozenset(_needs(template, name, raw)) for name, raw in template.resources.items()}
    for name, output in template.outputs.items():
        list(_referred(template, f"Outputs.{name}", output))
    _check_order(needs)
    return Template(template.description, template.parameters, template.resources, template.outputs, needs)


def _needs(template: Template, name: str, raw: Mapping[str, Any]) -> Iterator[str]:
    """The resources that have to be there before one: what it refers to, and what DependsOn says."""
    before = raw.get("DependsOn") or []
    for other in [before] if isinstance(before, str) else before:
        if other not in template.resources:
            raise invalid("InvalidTemplateReference", f"The specified reference {other} (in {name}) is incorrect.")
        yield other
    yield from (other for other in _referred(template, name, raw.get("Properties")) if other in template.resources)


def _referred(template: Template, place: str, value: Any) -> Iterator[str]:
    """Every name that a value refers to; one that there is not, and an attribute that it has not, are refused."""
    if isinstance(value, list):
        for item in value:
            yield from _referred(template, place, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _function(template, place, key, item)


def _function(template: Template, place: str, key: str, item: Any) -> Iterator[str]:
    if key == "Ref":
        yield _known(template, place, str(item))
    elif key == "Fn::GetAtt":
        name, attribute = (str(part) for part in item)
        yield _known(template, place, name)
        if attribute not in ATTRIBUTES[template.resources[name]["Type"]]:
            raise invalid("InvalidTemplateAttribute", f"The Referenced Attribute ({name} {attribute}) is incorrect.")
    elif key == "Fn::Sub":
        text = item if isinstance(item, str) else item[0]
        own = set() if isinstance(item, str) else set(item[1])
        yield from (
            _known(template, place, found[2].split(".")[0])
            for found in _SUB.finditer(text)
            if not found[1] and found[2] not in own
        )
        yield from _referred(template, place, [] if isinstance(item, str) else item[1])
    else:
        yield from _referred(template, place, item)


def _known(template: Template, place: str, name: str) -> str:
    if name not in template.resources and name not in template.parameters and name not in _PSEUDO:
        raise invalid("InvalidTemplateReference", f"The specified reference {name} (in {place}) is incorrect.")
    return name


def _check_order(needs: Mapping[str, frozenset[str]]) -> None:
    left = dict(needs)
    while left:
        free = [name for name, before in left.items() if not before & left.keys()]
        if not free:
            raise invalid("CircularDependency", f"Circular Dependency Found: {', '.join(sorted(left))}.")
        for name in free:
            del left[name]


def values_of(template: Template, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a stack: what was given, else the template's own."""
    for name in given:
        if name not in template.parameters:
            raise invalid("UnknownUserParameter", f"The Parameter {name} was not defined in template.")
    values: dict[str, Any] = {}
    for name, spec in template.parameters.items():
        if name not in given and "Default" not in spec:
            raise invalid("UserParameterMissing", f"The Parameter {name} was not provided.")
        values[name] = given.get(name, spec.get("Default"))
        allowed = [str(value) for value in spec.get("AllowedValues") or []]
        if allowed and str(values[name]) not in allowed:
            raise invalid("StackValidationFailed", f"The Parameter {name} is not one of {', '.join(allowed)}.")
    return values


@dataclass(frozen=True)
class Scope:
    """What names stand for: parameters, ids of resources, and their attributes."""

    values: Mapping[str, Any]
    ids: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Any]]

    def resolved(self, value: Any) -> Any:
        """A value with its functions carried out."""
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
        return {key: self.resolved(item) for key, item in value.items()}

    def name(self, name: str) -> Any:
        return self.ids.get(name, self.values.get(name))

    def attribute(self, argument: Any) -> Any:
        return self.attributes[argument[0]][argument[1]]

    def substituted(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.resolved(argument[1]))

        def one(found: re.Match[str]) -> str:
            if found[1]:
                return f"${{{found[2]}}}"
            if found[2] in own:
                return str(own[found[2]])
            first, dot, attribute = found[2].partition(".")
            return str(self.attribute((first, attribute)) if dot and first in self.ids else self.name(found[2]))

        return _SUB.sub(one, text)


_FUNCTIONS: Mapping[str, Callable[[Scope, Any], Any]] = {
    "Ref": lambda scope, argument: scope.name(argument),
    "Fn::GetAtt": lambda scope, argument: scope.attribute(argument),
    "Fn::Sub": lambda scope, argument: scope.substituted(argument),
    "Fn::Join": lambda scope, argument: str(argument[0]).join(str(part) for part in scope.resolved(argument[1])),
    "Fn::GetAZs": lambda scope, argument: [f"{scope.resolved(argument)}-h"],
    "Fn::Select": lambda scope, argument: scope.resolved(argument[1])[int(argument[0])],
}
