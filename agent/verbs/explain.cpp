// SPDX-License-Identifier: Apache-2.0
// `synpol explain ATTEMPT --as SUBJECT`: what a policy decides about one attempt, and which rules
// decide it. The reference evaluator answers; nothing is tried. `synpol explain SYN0104` explains a
// diagnostic code.
#include <cstdio>
#include <cstring>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/build.h"
#include "agent/cli.h"
#include "agent/control_client.h"
#include "agent/settings.h"
#include "agent/verbs/reading.h"
#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"
#include "policy/account_names.h"
#include "policy/code_docs.h"
#include "policy/suggest.h"

namespace synpol {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> words;
    std::string subject;
    std::string policy;
    std::string config;
    bool exit_code = false;
    bool json = false;
};

/// An attempt with what is decided about it.
struct Answer {
    Attempt attempt;
    Decision decision;
    std::vector<Consideration> considered;
};

// ---- the question ----------------------------------------------------------------------------

/// Diagnostics of an attempt are shown like those of a file; then the question cannot be answered.
Error shown(const Reading& reading, std::string message) {
    show_diagnostics(reading, false);
    return Error{std::move(message)};
}

/// Audit rows and dumps write calls of other ABIs as "execve/i386"; takes the end off, if it is
/// one.
std::string take_abi(std::string& text) {
    const auto slash = text.rfind('/');
    if (slash == std::string::npos || !find_abi(text.substr(slash + 1))) return {};
    auto abi = text.substr(slash + 1);
    text.resize(slash);
    return abi;
}

/// `accounts`: those that a policy names and this host does not have, as witnesses are printed.
Result<Attempt> read_attempt(const Options& options, const Placeholders::Names& accounts) {
    Reading reading;
    NamesWithPlaceholders names{reading.names, accounts};
    auto text = fmt::format("{}", fmt::join(options.words, " "));
    const auto abi = take_abi(text);
    const auto pattern =
        parse_action(text, {reading.loader, names, reading.sources, today()}, reading.diagnostics);
    if (!pattern || reading.diagnostics.has_errors()) {
        return shown(reading, "the attempt cannot be read")
            .with_help(
                "it is written as in a rule: synpol explain connect tcp to 10.1.2.3 port 443");
    }
    auto attempt = make_attempt(*pattern);
    if (!attempt) return attempt;
    if (!abi.empty()) {
        if (auto done = apply_subject("abi=" + abi, names, *attempt); !done) {
            return std::move(done.error());
        }
    }
    if (options.subject.empty()) return attempt;
    auto applied = apply_subject(options.subject, names, *attempt);
    if (!applied) return std::move(applied.error()).within("--as");
    return attempt;
}

// ---- the policy ------------------------------------------------------------------------------

Result<BoxSet> boxes_of_file(const std::string& path) {
    auto reading = read_policies({path});
    if (!reading) return std::move(reading.error());
    auto& diagnostics = (*reading)->diagnostics;
    if (diagnostics.has_errors()) return shown(**reading, "the policy has errors");
    auto boxes = lower(std::move((*reading)->model), diagnostics);
    if (diagnostics.has_errors()) return shown(**reading, "the policy has errors");
    return boxes;
}

Result<BoxSet> boxes_of_agent(const std::string& config_path) {
    auto config = load_config(config_path);
    if (!config) return std::move(config.error());
    const ControlClient client{config->run_dir};
    if (!client.answers()) {
        return Error{"no agent is running"}.with_help("give --policy FILE to ask a policy on disk");
    }
    auto bundle = client.active_sources();
    if (!bundle) return std::move(bundle.error()).within("asking the agent");
    HostNames names;
    auto result = build(std::move(*bundle), nullptr, names, {});
    if (!result.built) return Error{"what the agent enforces does not compile here"};
    return result.built->compiled.boxes;
}

// ---- the answer ------------------------------------------------------------------------------

std::string error_name(int number) {
    const char* name = strerrorname_np(number);
    return name == nullptr ? std::to_string(number) : name;
}

std::string indented(std::string_view text, std::string_view margin) {
    std::string result{margin};
    for (const char c : text) {
        result.push_back(c);
        if (c == '\n') result += margin;
    }
    return result;
}

void print_rule(const Rule& rule) {
    fmt::print("  {}\n{}\n", rule.name, indented(rule.text, "      "));
}

void print_considered(const BoxSet& boxes, const Answer& answer) {
    if (answer.considered.empty()) {
        fmt::print("\nno rule is about {}\n", name_of(answer.attempt.action));
        return;
    }
    fmt::print("\nconsidered\n");
    for (const auto& [rule, matches, reason] : answer.considered) {
        fmt::print("  {} {}: {}\n", matches ? "*" : " ", boxes.model.rules.at(rule).name, reason);
    }
}

void print_text(const BoxSet& boxes, const Answer& answer) {
    const auto& [attempt, decision, considered] = answer;
    const auto& accounts = boxes.model.placeholders;
    const auto subject = subject_to_string(attempt.subject, accounts);
    fmt::print("{}{}{}\n", to_string(attempt, accounts), subject.empty() ? "" : " as ", subject);
    fmt::print("{}{}\n", name_of(decision.verdict, attempt.action),
               decision.error == 0 ? "" : " with " + error_name(decision.error));
    if (decision.undetermined) {
        fmt::print("undetermined: a fact that a rule needs was not given, so the rule applies\n");
    }
    if (!decision.determining.empty()) fmt::print("\ndetermined by\n");
    for (const auto rule : decision.determining) print_rule(boxes.model.rules.at(rule));
    if (!decision.limits.empty()) fmt::print("\nif each of these has a token left\n");
    for (const auto rule : decision.limits) print_rule(boxes.model.rules.at(rule));
    print_considered(boxes, answer);
}

Json rule_json(const Rule& rule) {
    Json json = {{"rule", rule.name}, {"text", rule.text}};
    if (!rule.because.empty()) json["because"] = rule.because;
    if (!rule.tags.empty()) json["tags"] = rule.tags;
    return json;
}

Json rules_json(const BoxSet& boxes, const std::vector<std::uint32_t>& indices) {
    Json rules = Json::array();
    for (const auto index : indices) rules.push_back(rule_json(boxes.model.rules.at(index)));
    return rules;
}

void print_json(const BoxSet& boxes, const Answer& answer) {
    const auto& [attempt, decision, considered] = answer;
    Json json = {{"attempt", Json::parse(to_json(attempt), nullptr, false)},
                 {"text", to_string(attempt, boxes.model.placeholders)},
                 {"verdict", name_of(decision.verdict, attempt.action)}};
    if (decision.error != 0) json["error"] = error_name(decision.error);
    json["undetermined"] = decision.undetermined;
    json["determining"] = rules_json(boxes, decision.determining);
    json["limits"] = rules_json(boxes, decision.limits);
    auto& list = json["considered"] = Json::array();
    for (const auto& [rule, matches, reason] : considered) {
        list.push_back(
            {{"rule", boxes.model.rules.at(rule).name}, {"matches", matches}, {"reason", reason}});
    }
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

// ---- codes -------------------------------------------------------------------------------------

Json files_json(const std::vector<ExampleFile>& files) {
    Json list = Json::array();
    for (const auto& [name, text] : files) list.push_back({{"name", name}, {"text", text}});
    return list;
}

void print_code_json(const CodeInfo& row) {
    Json json = {{"code", number_text(row.code)},
                 {"name", row.name},
                 {"title", row.title},
                 {"explanation", row.explanation}};
    if (const auto* example = example_of(row.code)) {
        json["broken"] = files_json(example->broken);
        json["mended"] = files_json(example->mended);
    }
    fmt::print("{}\n", json.dump(2));
}

Error unknown_code(const std::string& word) {
    std::vector<std::string> known;
    for (const auto& row : all_codes()) known.push_back(number_text(row.code));
    auto error = Error{fmt::format("there is no code {}", word)};
    const auto close = closest_of(word, known);
    if (!close) return error;
    return std::move(error).with_help(fmt::format("did you mean {}?", *close));
}

Result<int> explain_code(const std::string& word, bool json) {
    const auto code = find_code(word);
    if (!code) return unknown_code(word);
    if (json) {
        print_code_json(info(*code));
    } else {
        fmt::print("{}", long_form(info(*code)));
    }
    return ExitCode::fine;
}

/// "SYN0104" or "missing-edition"; no attempt is written in one word of either form.
bool asks_for_code(const std::vector<std::string>& words) {
    if (words.size() != 1) return false;
    return looks_like_code(words.front()) || find_code(words.front()).has_value();
}

Result<int> run(const Options& options) {
    if (asks_for_code(options.words)) return explain_code(options.words.front(), options.json);
    auto boxes =
        options.policy.empty() ? boxes_of_agent(options.config) : boxes_of_file(options.policy);
    if (!boxes) return std::move(boxes.error());
    auto attempt = read_attempt(options, boxes->model.placeholders);
    if (!attempt) return std::move(attempt.error());
    const Answer answer{*attempt, evaluate(*boxes, *attempt), consider(*boxes, *attempt)};
    options.json ? print_json(*boxes, answer) : print_text(*boxes, answer);
    const bool refused = answer.decision.verdict >= Outcome::deny;
    return options.exit_code && refused ? ExitCode::findings : ExitCode::fine;
}

} // namespace

VerbAction configure_explain(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("ATTEMPT", options->words,
                   "as in a rule: inbound tcp from 192.0.2.8 to port 80, or syscall bpf; or a code "
                   "that check printed: SYN0104")
        ->required();
    app.add_option(
        "--as", options->subject,
        "who: user=..,group=a+b,exe=/..,cgroup=/..,abi=i386; what is left out is unknown");
    app.add_option("--policy", options->policy,
                   "a .syn file or a folder of them; default: what the running agent enforces");
    app.add_flag("--exit-code", options->exit_code, "exit 0 when it passes, 1 when it is refused");
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
