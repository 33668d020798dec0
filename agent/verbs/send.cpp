// SPDX-License-Identifier: Apache-2.0
#include "agent/verbs/send.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "agent/build.h"
#include "agent/cli.h"

namespace synpol {
namespace {

void show(const std::string& text, const std::string& details, bool errors, bool json) {
    if (json && errors) {
        fmt::print("{}\n", details);
    } else if (!text.empty()) {
        fmt::print(stderr, "{}{}", text, text.ends_with('\n') ? "" : "\n");
    }
}

} // namespace

bool show_report(const nlohmann::json& answer, bool json) {
    const auto& report = answer.at("report");
    const bool errors = report.at("errors").get<bool>();
    show(report.at("text").get<std::string>(), report.at("details").dump(2), errors, json);
    return errors;
}

Result<Sent> send_policy(const ControlClient& client, const std::string& route,
                         const std::string& path, bool json) {
    const RenderOptions options{.colour = use_colour(STDERR_FILENO)};
    auto collected = collect(path, options);
    if (!collected) return std::move(collected.error());
    if (!collected->bundle) {
        show(collected->report.text, collected->report.json, true, json);
        return Sent{true, {}};
    }
    auto bundle = to_json(*collected->bundle);
    if (!bundle) return std::move(bundle.error());
    const auto request = fmt::format(R"({{"bundle": {}, "colour": {}}})", *bundle, options.colour);
    auto answer = client.post(route, request);
    if (!answer) return std::move(answer.error());
    return Sent{show_report(nlohmann::json::parse(answer->body), json), answer->body,
                std::move(*bundle)};
}

Result<Sent> send_plan(const ControlClient& client, const ChangePlan& plan, bool json) {
    const nlohmann::json request = {{"bundle", nlohmann::json::parse(plan.bundle)},
                                    {"base", plan.base},
                                    {"image", plan.image},
                                    {"colour", use_colour(STDERR_FILENO)}};
    auto answer = client.post("/v1/apply", request.dump());
    if (!answer) return std::move(answer.error());
    return Sent{show_report(nlohmann::json::parse(answer->body), json), answer->body, plan.bundle};
}

} // namespace synpol
