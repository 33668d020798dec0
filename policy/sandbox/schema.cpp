// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/schema.h"

#include <fmt/format.h>

#include "policy/json_text.h"
#include "policy/sandbox/keys.h"

namespace synpol {
namespace {

constexpr std::string_view texts =
    R"("type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1})";

struct Form {
    SandboxValue value;
    std::string_view schema; ///< without braces; empty where it is made below
};
constexpr Form forms[] = {
    {SandboxValue::name, R"("type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,63}$")"},
    {SandboxValue::parent, R"("type": "string", "minLength": 1)"},
    {SandboxValue::paths,
     R"("anyOf": [{"type": "null"}, {"const": false}, {"$ref": "#/$defs/texts"}])"},
    {SandboxValue::programs,
     R"("anyOf": [{"type": "null"}, {"type": "boolean"}, {"$ref": "#/$defs/texts"}])"},
    {SandboxValue::flag, R"("enum": [null, true, false, "none"])"},
    {SandboxValue::network,
     R"("anyOf": [{"type": "null"}, {"const": false}, {"type": "array", "maxItems": 0}, {"$ref": "#/$defs/texts"}])"},
    {SandboxValue::ports,
     R"("anyOf": [{"type": "null"}, {"const": false}, {"$ref": "#/$defs/port"}, {"type": "array", "items": {"$ref": "#/$defs/port"}}])"},
    {SandboxValue::network_namespace, R"("enum": ["full", "private", "shared", "bridged"])"},
    {SandboxValue::path_list,
     R"("anyOf": [{"type": "null"}, {"type": "array", "maxItems": 0}, {"$ref": "#/$defs/texts"}])"},
    {SandboxValue::variable_names,
     R"("anyOf": [{"type": "null"}, {"const": false}, {"type": "array", "maxItems": 0}, {"$ref": "#/$defs/texts"}])"},
    {SandboxValue::variables,
     R"("type": ["object", "null"], "additionalProperties": {"type": ["string", "number", "boolean"]})"},
    {SandboxValue::size,
     R"("anyOf": [{"type": "integer", "minimum": 65536}, {"type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9]+(KiB|MiB|GiB)?)$"}])"},
    {SandboxValue::duration, R"("type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$")"},
};

std::string form_of(SandboxValue value);

/// The keys of a section as the properties of an object.
std::string properties(SandboxSection section) {
    std::string out;
    for (const auto& row : all_sandbox_keys()) {
        if (row.section != section) continue;
        out += fmt::format("{}\n    {}: {{\"description\": {}, {}}}", out.empty() ? "" : ",",
                           json_string(row.name), json_string(row.what), form_of(row.value));
    }
    return fmt::format("\"properties\": {{{}\n  }}, \"additionalProperties\": false", out);
}

std::string form_of(SandboxValue value) {
    for (const auto& form : forms) {
        if (form.value == value) return std::string{form.schema};
    }
    if (value == SandboxValue::environment)
        return fmt::format(
            R"("anyOf": [{{"const": false}}, {{"const": "none"}}, {{"type": "object", {}}}])",
            properties(SandboxSection::environment));
    if (value == SandboxValue::limits)
        return fmt::format(R"("type": ["object", "null"], {})", properties(SandboxSection::limits));
    const auto range = range_of(value);
    return fmt::format(R"("type": "integer", "minimum": {}, "maximum": {})", range.least,
                       range.most);
}

} // namespace

std::string sandbox_schema() {
    return fmt::format(R"({{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "synpol sandbox document",
  "description": "docs/sandboxes.md says what each key means; what is not granted is refused.",
  "$defs": {{
    "texts": {{"anyOf": [{{"type": "string", "minLength": 1}}, {{{}}}]}},
    "port": {{"type": ["integer", "string"]}}
  }},
  "type": "object", "required": ["sandbox"],
  {}
}}
)",
                       texts, properties(SandboxSection::document));
}

} // namespace synpol
