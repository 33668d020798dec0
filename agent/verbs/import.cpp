// SPDX-License-Identifier: Apache-2.0
// `synpol import --oci FILE`: another tool's filter as a policy on standard output, what could not
// be said on standard error. Before it is printed the policy is read again, and must mean what the
// filter does.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/files.h"
#include "agent/host_names.h"
#include "compiler/box.h"
#include "compiler/seccomp/call_diagram.h"
#include "compiler/seccomp/call_rules.h"
#include "compiler/seccomp/oci.h"
#include "compiler/seccomp/policy_text.h"
#include "policy/format.h"
#include "policy/load.h"
#include "policy/render.h"

namespace synpol {

namespace {

struct Options {
    std::string oci;
    std::string name;
    std::vector<std::string> capabilities;
    std::string kernel = "6.1";
};

/// The one file that a policy in memory consists of.
class TextLoader : public SourceLoader {
  public:
    explicit TextLoader(std::string text) : text_{std::move(text)} {}

    Result<Loaded> load(std::string_view path, std::string_view) override {
        return Loaded{std::string{path}, text_};
    }

  private:
    std::string text_;
};

/// "docker-default.json" to "docker-default": what the language takes for a name.
std::string policy_name(const std::string& path) {
    auto name = std::filesystem::path{path}.stem().string();
    for (auto& letter : name) {
        const auto byte = static_cast<unsigned char>(letter);
        letter = std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '-';
    }
    const bool begins_well =
        !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0;
    return begins_well ? name : "imported-" + name;
}

Result<OciHost> host_of(const Options& options) {
    OciHost host;
    host.capabilities = {options.capabilities.begin(), options.capabilities.end()};
    char rest = 0;
    const bool fits = std::sscanf(options.kernel.c_str(), "%u.%u%c", &host.kernel_major,
                                  &host.kernel_minor, &rest) == 2;
    if (!fits) return Error{fmt::format("\"{}\" is no kernel version", options.kernel)};
    return host;
}

/// The canonical text, after it was read again and found to mean what `said` does.
Result<std::string> checked(const PolicyText& text) {
    TextLoader loader{text.text};
    HostNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    const auto boxes =
        lower(load_policies({"imported.syn"}, {loader, names, sources}, diagnostics), diagnostics);
    if (diagnostics.has_errors())
        return Error{"the policy that was made is not one: " +
                     render(diagnostics, sources, {false})};
    if (!same_meaning(call_policy(boxes).policy, text.said))
        return Error{"the policy that was made does not mean what the profile does"};
    const auto id = sources.add("imported.syn", text.text);
    auto formatted = format_policy(sources.file(id).text, id, diagnostics);
    return formatted.value_or(text.text);
}

Result<int> import_profile(const Options& options) {
    auto json = read_file(options.oci);
    if (!json) return std::move(json.error());
    auto host = host_of(options);
    if (!host) return std::move(host.error());
    auto imported = import_oci(*json, *host);
    if (!imported) return std::move(imported.error()).within(options.oci);
    const auto name = options.name.empty() ? policy_name(options.oci) : options.name;
    const auto file = std::filesystem::path{options.oci}.filename().string();
    auto text = policy_text(imported->policy, name, "system calls, as " + file + " answers them");
    if (!text) return std::move(text.error()).within(options.oci);
    auto canonical = checked(*text);
    if (!canonical) return std::move(canonical.error()).within(options.oci);
    fmt::print("{}", *canonical);
    for (const auto* list : {&imported->unsaid, &text->unsaid})
        for (const auto& line : *list) fmt::print(stderr, "not said: {}\n", line);
    return ExitCode::fine;
}

} // namespace

VerbAction configure_import(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--oci", options->oci,
                   "a seccomp profile of containers: JSON of the OCI runtime specification, or "
                   "Docker's form of it")
        ->required();
    app.add_option("--name", options->name, "of the policy; the file's name where none is given");
    app.add_option("--cap", options->capabilities,
                   "a capability of the container (CAP_SYS_CHROOT), for profiles that ask; may be "
                   "given several times");
    app.add_option("--kernel", options->kernel, "for profiles that ask: 6.1");
    return [options] { return import_profile(*options); };
}

} // namespace synpol
