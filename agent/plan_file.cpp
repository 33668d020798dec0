// SPDX-License-Identifier: Apache-2.0
#include "agent/plan_file.h"

#include <nlohmann/json.hpp>

#include "agent/files.h"

namespace synpol {

namespace {

/// First word of a plan, and its version.
constexpr const char* mark = "synpol_plan";
constexpr int version = 1;

} // namespace

Result<void> write_plan(const std::string& path, const ChangePlan& plan) {
    using nlohmann::json;
    const json text = {{mark, version},
                       {"base", plan.base},
                       {"image", plan.image},
                       {"bundle", json::parse(plan.bundle)}};
    return write_file(path, text.dump(1) + "\n");
}

Result<std::optional<ChangePlan>> plan_of(std::string_view text) {
    using nlohmann::json;
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') return std::optional<ChangePlan>{};
    const auto plan = json::parse(text, nullptr, false);
    if (!plan.is_object() || !plan.contains(mark))
        return Error{"not a plan"}.with_help("`synpol diff --out FILE` writes one");
    if (plan.at(mark) != json(version))
        return Error{"a plan of another version of synpol"}.with_help("make it again");
    const auto is_text = [&](const char* key) {
        return plan.contains(key) && plan.at(key).is_string();
    };
    if (!is_text("base") || !is_text("image") || !plan.contains("bundle"))
        return Error{"a damaged plan"}.with_help("make it again with `synpol diff --out FILE`");
    return std::optional{ChangePlan{plan.at("base").get<std::string>(),
                                    plan.at("image").get<std::string>(), plan.at("bundle").dump()}};
}

} // namespace synpol
