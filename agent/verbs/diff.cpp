// SPDX-License-Identifier: Apache-2.0
// `synpol diff [NEW]`: what would change if NEW were enforced. Without NEW: the file or folder that
// was applied last, as it is on disk now. `synpol diff OLD NEW` compares any two: of files and
// folders it needs no agent, generations and what is enforced are the agent's to know.
#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "agent/build.h"
#include "agent/cli.h"
#include "agent/difference.h"
#include "agent/files.h"
#include "agent/host_names.h"
#include "agent/plan_file.h"
#include "agent/settings.h"
#include "agent/verbs/reading.h"
#include "agent/verbs/send.h"

namespace synpol {
namespace {

using nlohmann::json;

struct Options {
    std::string config;
    std::vector<std::string> paths;
    std::string fail_on = "any";
    std::string facts = "full";
    std::string out;
    bool json = false;
};

/// What is shown, whoever compared.
struct Answer {
    bool same = true;
    bool looser = false;
    std::string text;
    std::string json;
};

int show(const Options& options, const Answer& answer) {
    if (options.json) {
        fmt::print("{}\n", json::parse(answer.json).dump(2));
    } else {
        fmt::print("{}{}", answer.text,
                   answer.text.empty() || answer.text.ends_with('\n') ? "" : "\n");
    }
    const bool bad = options.fail_on == "looser" ? answer.looser : !answer.same;
    return bad ? ExitCode::findings : ExitCode::fine;
}

// ---- two paths ---------------------------------------------------------------------------------

/// One side of a comparison; nothing when it has errors, which have been shown.
Result<std::shared_ptr<const Built>> build_side(const std::string& path, const Facts* facts) {
    const RenderOptions options{.colour = use_colour(STDERR_FILENO)};
    auto collected = collect(path, options, true);
    if (!collected) return std::move(collected.error());
    if (!collected->bundle) {
        fmt::print(stderr, "{}", collected->report.text);
        return std::shared_ptr<const Built>{};
    }
    HostNames names;
    auto result = build(std::move(*collected->bundle), facts, names, options, today(), true);
    if (!result.built) fmt::print(stderr, "{}", result.report.text);
    return std::move(result.built);
}

Result<int> compare_paths(const Options& options) {
    std::optional<Facts> facts;
    if (options.facts != "none") {
        auto chosen = choose_facts(options.facts);
        if (!chosen) return std::move(chosen.error());
        facts = std::move(*chosen);
    }
    const Facts* kernel = facts ? &*facts : nullptr;
    auto before = build_side(options.paths.front(), kernel);
    if (!before) return std::move(before.error());
    auto after = build_side(options.paths.back(), kernel);
    if (!after) return std::move(after.error());
    // A policy that does not compile cannot be compared.
    if (!*before || !*after) return ExitCode::no_answer;
    const auto difference = full_difference(before->get(), **after);
    return show(options, {difference.same(), difference.may_be_looser(), to_text(difference),
                          to_json(difference)});
}

// ---- what the agent knows ----------------------------------------------------------------------

/// One of the two that are compared.
struct Side {
    enum class Kind { path, generation, running };
    Kind kind = Kind::running;
    std::string path;
    std::int64_t generation = 0;
};

/// "@3", "@running", or a path.
Result<Side> side_of(const std::string& text) {
    if (!text.starts_with('@')) return Side{Side::Kind::path, text, 0};
    if (text == "@running") return Side{};
    Side side{Side::Kind::generation, {}, 0};
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + 1, end, side.generation);
    if (read.ec == std::errc{} && read.ptr == end && side.generation > 0) return side;
    return Error{fmt::format("{} is no generation", text)}.with_help(
        fmt::format("@3 is generation 3, @running what is enforced, ./{} a file", text));
}

Result<std::string> path_to_compare(const ControlClient& client) {
    auto answer = client.get("/v1/status");
    if (!answer) return std::move(answer.error());
    const auto status = json::parse(answer->body);
    const auto& generation = status.at("generation");
    return generation.is_null() ? status.at("policy_dir").get<std::string>()
                                : generation.at("origin").get<std::string>();
}

/// As the agent takes it; nothing when its files have errors, which have been shown.
Result<std::optional<json>> request_for(const Side& side, const Options& options) {
    if (side.kind == Side::Kind::running) return std::optional{json::object()};
    if (side.kind == Side::Kind::generation)
        return std::optional{json{{"generation", side.generation}}};
    auto collected = collect(side.path, {.colour = use_colour(STDERR_FILENO)});
    if (!collected) return std::move(collected.error());
    if (!collected->bundle) {
        fmt::print(options.json ? stdout : stderr, "{}",
                   options.json ? collected->report.json + "\n" : collected->report.text);
        return std::optional<json>{};
    }
    auto bundle = to_json(*collected->bundle);
    if (!bundle) return std::move(bundle.error());
    return std::optional{json{{"bundle", json::parse(*bundle)}}};
}

Result<void> keep_plan(const Options& options, const json& answer, const json& after) {
    if (options.out.empty()) return {};
    return write_plan(options.out,
                      {answer.at("base").get<std::string>(), answer.at("image").get<std::string>(),
                       after.at("bundle").dump()});
}

Result<int> compare_sides(const Options& options, const ControlClient& client, const Side& old,
                          const Side& now) {
    auto before = request_for(old, options);
    if (!before) return std::move(before.error());
    auto after = request_for(now, options);
    if (!after) return std::move(after.error());
    if (!*before || !*after) return ExitCode::no_answer;
    const json request = {
        {"before", **before}, {"after", **after}, {"colour", use_colour(STDERR_FILENO)}};
    auto reply = client.post("/v1/diff", request.dump());
    if (!reply) return std::move(reply.error()).within("comparing");
    const auto answer = json::parse(reply->body);
    if (show_report(answer, options.json)) return ExitCode::no_answer;
    if (auto kept = keep_plan(options, answer, **after); !kept) return std::move(kept.error());
    return show(options, {answer.at("same").get<bool>(), answer.at("may_be_looser").get<bool>(),
                          answer.at("text").get<std::string>(), answer.at("difference").dump()});
}

/// Of none, one or two operands: what is old and what is new.
Result<std::pair<Side, Side>> sides_of(const std::vector<std::string>& operands,
                                       const ControlClient& client) {
    std::pair<Side, Side> sides;
    if (operands.empty()) {
        auto path = path_to_compare(client);
        if (!path) return std::move(path.error());
        sides.second = {Side::Kind::path, std::move(*path), 0};
        return sides;
    }
    auto now = side_of(operands.back());
    if (!now) return std::move(now.error());
    sides.second = std::move(*now);
    if (operands.size() == 1) return sides;
    auto old = side_of(operands.front());
    if (!old) return std::move(old.error());
    sides.first = std::move(*old);
    return sides;
}

Result<int> compare_with_agent(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    const ControlClient client{config->run_dir};
    auto sides = sides_of(options.paths, client);
    if (!sides) return std::move(sides.error());
    const auto& [old, now] = *sides;
    const bool can_be_applied = old.kind == Side::Kind::running && now.kind == Side::Kind::path;
    if (!options.out.empty() && !can_be_applied)
        return Error{"a plan is made of files, against what is enforced"}.with_help(
            "`synpol rollback 3` goes back to generation 3");
    return compare_sides(options, client, old, now);
}

bool is_path(const std::string& operand) {
    return !operand.starts_with('@');
}

Result<int> run(const Options& options) {
    const bool needs_agent = options.paths.size() != 2 || !is_path(options.paths.front()) ||
                             !is_path(options.paths.back());
    if (needs_agent) return compare_with_agent(options);
    if (!options.out.empty())
        return Error{"a plan is made against what is enforced, not against a file"}.with_help(
            "leave one of the two paths out");
    return compare_paths(options);
}

} // namespace

VerbAction configure_diff(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("NEW", options->paths,
                   "what to compare with what is enforced (default: what was applied last, as it "
                   "is on disk), or two to compare, old and new: each a .syn file, a folder, @3 "
                   "for generation 3 of `synpol history`, or @running")
        ->expected(0, 2);
    app.add_option("--fail-on", options->fail_on,
                   "when to exit with 1: any difference, or looser decisions only")
        ->check(CLI::IsMember({"any", "looser"}))
        ->capture_default_str();
    app.add_option("--facts", options->facts,
                   "of two paths: the kernel to compile for: full, host, none or a FILE")
        ->capture_default_str();
    app.add_option("--out", options->out, "write a plan: `synpol apply FILE` does exactly this");
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
