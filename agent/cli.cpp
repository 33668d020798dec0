// SPDX-License-Identifier: Apache-2.0
#include "agent/cli.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/version.h"
#include "policy/suggest.h"

namespace synpol {

#define SYNPOL_VERB(name, summary) VerbAction configure_##name(CLI::App& app);
#include "agent/verbs/table.inc"
#undef SYNPOL_VERB

namespace {

constexpr Verb verbs[] = {
#define SYNPOL_VERB(name, summary) {#name, summary, configure_##name},
#include "agent/verbs/table.inc"
#undef SYNPOL_VERB
};

constexpr std::string_view about =
    "synpol enforces .syn policies in the Linux kernel and records what they decided.";
constexpr std::string_view footer =
    "Exit codes: 0 fine, 1 findings (errors, differences, refusals), 2 could not answer.\n"
    "`synpol VERB --help` explains a verb.";

using Actions = std::map<std::string_view, VerbAction>;

Actions add_verbs(CLI::App& app) {
    Actions actions;
    for (const Verb& verb : verbs) {
        auto* command = app.add_subcommand(std::string{verb.name}, std::string{verb.summary});
        actions.emplace(verb.name, verb.configure(*command));
    }
    return actions;
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    std::string message = error.what();
    while (!message.empty() && message.back() == '\n') message.pop_back();
    auto failure = Error{message};
    const auto verb = chosen.empty() ? std::string{} : " " + chosen.front()->get_name();
    print_error(std::move(failure).with_help(fmt::format("synpol{} --help", verb)));
    return ExitCode::no_answer;
}

/// CLI11 calls them subcommands and would answer a mistyped one with "a subcommand is required".
std::optional<Error> check_verb(int argc, const char* const* argv) {
    if (argc < 2) return Error{"no verb is given"}.with_help("synpol --help lists them");
    const std::string word = argv[1];
    if (word.front() == '-') return std::nullopt;
    std::vector<std::string_view> names;
    for (const Verb& verb : verbs) names.push_back(verb.name);
    if (std::find(names.begin(), names.end(), word) != names.end()) return std::nullopt;
    const auto close = closest(word, names);
    return Error{fmt::format("unknown verb {}", word)}.with_help(
        close ? fmt::format("did you mean {}?", *close) : "synpol --help lists the verbs");
}

int run_verb(const Actions& actions, const std::string& name) {
    auto code = actions.at(name)();
    if (code) return *code;
    std::fflush(stdout); // what was found first, then why it stopped
    print_error(code.error());
    return ExitCode::no_answer;
}

} // namespace

int run_cli(int argc, const char* const* argv) {
    if (const auto error = check_verb(argc, argv)) {
        print_error(*error);
        return ExitCode::no_answer;
    }
    CLI::App app{std::string{about}, "synpol"};
    app.footer(std::string{footer});
    app.set_version_flag("--version", fmt::format("synpol {}", version), "print the version");
    app.get_formatter()->label("SUBCOMMAND", "VERB");
    app.get_formatter()->label("Subcommands", "Verbs");
    app.require_subcommand(1);
    const auto actions = add_verbs(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) { // --help, --version
        return app.exit(request);
    } catch (const CLI::ParseError& error) {
        return report_usage(app, error);
    }
    return run_verb(actions, app.get_subcommands().front()->get_name());
}

bool use_colour(int descriptor) {
    const char* refused = std::getenv("NO_COLOR");
    return (refused == nullptr || *refused == '\0') && isatty(descriptor) == 1;
}

void print_error(const Error& error) {
    const bool colour = use_colour(STDERR_FILENO);
    fmt::print(stderr, "synpol: {}error:{} {}\n", colour ? "\033[1;31m" : "",
               colour ? "\033[0m" : "", error.message());
    if (!error.help().empty()) fmt::print(stderr, "  help: {}\n", error.help());
}

} // namespace synpol
