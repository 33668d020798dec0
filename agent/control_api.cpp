// SPDX-License-Identifier: Apache-2.0
#include "agent/control_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/difference.h"
#include "agent/host_names.h"
#include "agent/version.h"
#include "compiler/attempt_text.h"
#include "policy/account_names.h"

namespace synpol {
namespace {

using nlohmann::json;

constexpr std::size_t small_body = 64u << 10;
constexpr std::size_t policy_body = std::size_t{256} << 20;

ControlReply reply(int status, const json& body) {
    // Texts of events or files need not be UTF-8; an answer always is.
    return {status, body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

ControlReply failed(const Error& error, int status = 500) {
    return reply(status, {{"error", error.message()}, {"help", error.help()}});
}

/// A body is a JSON object; an empty one stands for {}.
Result<json> body_of(const ControlRequest& request) {
    if (request.body.empty()) return json::object();
    auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return Error{"the body is not a JSON object"};
    return body;
}

/// Runs `answer` with the body; what is wrong with the body is a 400.
template <typename Answer>
ControlReply with_body(const ControlRequest& request, Answer answer) {
    auto body = body_of(request);
    if (!body) return failed(body.error(), 400);
    try {
        return answer(*body);
    } catch (const json::exception& exception) {
        return failed(Error{exception.what()}, 400);
    }
}

RenderOptions render_options(const json& body) {
    return {.colour = body.value("colour", false)};
}

json to_object(const GenerationRow& row) {
    return {{"id", row.id},
            {"time_ns", row.time_ns},
            {"kind", row.kind},
            {"rollback_of", row.rollback_of ? json(*row.rollback_of) : json()},
            {"hash", row.hash},
            {"tag", hex16(row.tag)},
            {"origin", row.origin},
            {"user", row.user},
            {"rules", row.rules},
            {"active", row.active},
            {"day", to_string(row.day)}};
}

json to_object(const Report& report) {
    return {{"text", report.text},
            {"errors", report.errors},
            {"details",
             report.json.empty() ? json::array() : json::parse(report.json, nullptr, false)}};
}

ControlReply applied_reply(const Result<Applied>& applied) {
    if (!applied) return failed(applied.error());
    return reply(applied->generation ? 200 : 422,
                 {{"generation", applied->generation ? to_object(*applied->generation) : json()},
                  {"unchanged", applied->unchanged},
                  {"remark", applied->remark},
                  {"report", to_object(applied->report)}});
}

/// Of an object with a member `bundle`.
Result<Bundle> bundle_of(const json& body) {
    auto bundle = bundle_from_json(body.at("bundle").dump());
    // Names are the agent's to look up: what a client says about them does not count.
    if (bundle) {
        bundle->users.clear();
        bundle->groups.clear();
    }
    return bundle;
}

/// What a plan was made for, where the request comes from one.
std::optional<Planned> planned(const json& body) {
    if (!body.contains("base")) return std::nullopt;
    return Planned{body.at("base").get<std::string>(), body.at("image").get<std::string>()};
}

ControlReply apply(Service& service, const ControlRequest& request) {
    return with_body(request, [&](const json& body) {
        auto bundle = bundle_of(body);
        if (!bundle) return failed(bundle.error(), 400);
        return applied_reply(service.apply(std::move(*bundle), user_name(request.uid),
                                           render_options(body), planned(body)));
    });
}

ControlReply rollback(Service& service, const ControlRequest& request) {
    return with_body(request, [&](const json& body) {
        std::optional<std::int64_t> to;
        if (body.contains("to")) to = body.at("to").get<std::int64_t>();
        return applied_reply(service.rollback(to, user_name(request.uid), render_options(body)));
    });
}

/// {"bundle": ..}, {"generation": 3}, or {} for what is enforced: then null where that is nothing.
Result<BuildResult> side_of(Service& service, const json& side, RenderOptions options) {
    if (side.contains("generation"))
        return service.generation(side.at("generation").get<std::int64_t>(), options);
    if (!side.contains("bundle")) return BuildResult{service.active(), {}};
    auto bundle = bundle_of(side);
    if (!bundle) return std::move(bundle.error());
    return service.try_build(std::move(*bundle), options);
}

ControlReply difference_reply(const Built* before, const BuildResult& next) {
    const auto changes = full_difference(before, *next.built);
    return reply(200, {{"same", changes.same()},
                       {"may_be_looser", changes.may_be_looser()},
                       {"base", before != nullptr ? name_of(*before) : ""},
                       {"image", to_hex(next.built->compiled.image.hash())},
                       {"text", to_text(changes)},
                       {"difference", json::parse(to_json(changes), nullptr, false)},
                       {"report", to_object(next.report)}});
}

ControlReply difference(Service& service, const ControlRequest& request) {
    return with_body(request, [&](const json& body) {
        const auto options = render_options(body);
        const auto before = side_of(service, body.value("before", json::object()), options);
        if (!before) return failed(before.error(), 400);
        if (before->report.errors) return reply(422, {{"report", to_object(before->report)}});
        const auto next =
            side_of(service, body.contains("after") ? body.at("after") : body, options);
        if (!next) return failed(next.error(), 400);
        if (next->report.errors) return reply(422, {{"report", to_object(next->report)}});
        if (!next->built) return failed(Error{"nothing is enforced"}, 404);
        return difference_reply(before->built.get(), *next);
    });
}

json to_object(const Placement& placement) {
    return {{"carrier", name_of(placement.carrier)},
            {"strength", name_of(placement.strength)},
            {"attach", placement.attach},
            {"remark", placement.remark}};
}

json to_object(const RuleStatus& status) {
    json placements = json::array();
    for (const auto& placement : status.placements) placements.push_back(to_object(placement));
    const auto& rule = *status.rule;
    return {{"name", rule.name},
            {"kind", name_of(rule.kind)},
            {"action", name_of(rule.action)},
            {"outcome", name_of(outcome_of(rule), rule.action)},
            {"text", rule.text},
            {"matched", status.counters.matched},
            {"refused", status.counters.refused},
            {"suppressed", status.counters.suppressed},
            {"lost", status.counters.lost},
            {"enforced", std::move(placements)}};
}

json losses_object(const PumpState& pump) {
    json failures = json::object();
    for (const auto& [number, count] : pump.failures) failures[failure_text(number)] = count;
    return {{"events_missing", pump.missing}, {"kernel_failures", failures}};
}

json store_object(const PumpState& pump) {
    return {{"error", pump.store_error},
            {"help", pump.store_help},
            {"waiting", pump.waiting},
            {"dropped", pump.dropped}};
}

json to_object(const GuardState& guard) {
    return {
        {"on", guard.is_on}, {"why", guard.why}, {"refused", guard.refused}, {"lost", guard.lost}};
}

ControlReply status(Service& service, const ControlRequest&) {
    auto status = service.status();
    if (!status) return failed(status.error());
    json rules = json::array();
    for (const auto& rule : status->rules) rules.push_back(to_object(rule));
    const auto& config = service.config();
    return reply(200, {{"pid", ::getpid()},
                       {"version", version},
                       {"backend", status->backend},
                       {"started_ns", status->started_ns},
                       {"state_dir", config.state_dir},
                       {"policy_dir", config.policy_dir},
                       {"interfaces", config.interfaces},
                       {"generation", status->generation ? to_object(*status->generation) : json()},
                       {"rules", std::move(rules)},
                       {"attached", status->attached},
                       {"guard", to_object(status->guard)},
                       {"adopted", status->adopted},
                       {"problem", status->problem},
                       {"events", status->pump.events},
                       {"losses", losses_object(status->pump)},
                       {"store", store_object(status->pump)}});
}

ControlReply history(Service& service, const ControlRequest&) {
    auto rows = service.history();
    if (!rows) return failed(rows.error());
    json list = json::array();
    for (const auto& row : *rows) list.push_back(to_object(row));
    return reply(200, {{"generations", std::move(list)}});
}

ControlReply stop(Service& service, const ControlRequest&) {
    auto stopped = service.stop();
    return stopped ? reply(200, json::object()) : failed(stopped.error());
}

/// The sources of what is enforced, with the names as they were resolved.
ControlReply sources(Service& service, const ControlRequest&) {
    const auto active = service.active();
    if (!active) return failed(Error{"nothing is enforced"}, 404);
    auto bundle = to_json(active->bundle);
    if (!bundle) return failed(bundle.error());
    return {200, fmt::format("{{\"bundle\": {}}}", *bundle)};
}

json decision_object(const BoxSet& boxes, const Attempt& attempt) {
    const auto& model = boxes.model;
    const auto decision = evaluate(boxes, attempt);
    const auto names = [&](const std::vector<std::uint32_t>& rules) {
        json list = json::array();
        for (const auto rule : rules) list.push_back(model.rules[rule].name);
        return list;
    };
    json lines = json::array();
    for (const auto& line : consider(boxes, attempt)) {
        lines.push_back({{"rule", model.rules[line.rule].name},
                         {"matches", line.matches},
                         {"reason", line.reason}});
    }
    return {{"verdict", name_of(decision.verdict, attempt.action)},
            {"rules", names(decision.determining)},
            {"errno", decision.error},
            {"undetermined", decision.undetermined},
            {"limits", names(decision.limits)},
            {"considered", std::move(lines)}};
}

ControlReply explain(Service& service, const ControlRequest& request) {
    const auto active = service.active();
    if (!active) return failed(Error{"nothing is enforced"}, 404);
    HostNames host;
    NamesWithPlaceholders names{host, active->compiled.boxes.model.placeholders};
    auto attempt = sim_attempt_from_json(request.body, names);
    if (!attempt) return failed(attempt.error(), 400);
    return reply(200, decision_object(active->compiled.boxes, attempt->attempt));
}

ControlReply attempt(Service& service, const ControlRequest& request) {
    HostNames names;
    auto given = sim_attempt_from_json(request.body, names);
    if (!given) return failed(given.error(), 400);
    auto outcome = service.attempt(*given);
    if (!outcome) return failed(outcome.error(), 409);
    return reply(200, {{"verdict", name_of(outcome->verdict, given->attempt.action)},
                       {"rules", outcome->rules},
                       {"errno", outcome->error},
                       {"limited", outcome->limited},
                       {"undetermined", outcome->undetermined}});
}

struct Row {
    std::string_view method;
    std::string_view path;
    std::size_t largest_body;
    ControlReply (*answer)(Service& service, const ControlRequest& request);
};

constexpr Row table[] = {
    {"POST", "/v1/apply", policy_body, apply},
    {"POST", "/v1/attempt", small_body, attempt},
    {"POST", "/v1/diff", policy_body, difference},
    {"POST", "/v1/explain", small_body, explain},
    {"GET", "/v1/history", 0, history},
    {"POST", "/v1/rollback", small_body, rollback},
    {"GET", "/v1/sources", 0, sources},
    {"GET", "/v1/status", 0, status},
    {"POST", "/v1/stop", small_body, stop},
};

} // namespace

std::vector<ControlRoute> control_routes(Service& service) {
    std::vector<ControlRoute> routes;
    for (const auto& row : table) {
        routes.push_back({row.method, row.path, row.largest_body,
                          [&service, answer = row.answer](const ControlRequest& request) {
                              return answer(service, request);
                          }});
    }
    return routes;
}

} // namespace synpol
