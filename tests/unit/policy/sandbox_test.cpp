// SPDX-License-Identifier: Apache-2.0
// Sandbox documents: what is read, what is wrong with hostile ones, what they lower to, and that
// the `.syn` that is shown for one means the same.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "policy/codes.h"
#include "policy/program.h"
#include "policy/sandbox/keys.h"
#include "policy/sandbox/lines.h"
#include "policy/sandbox/load.h"
#include "policy/sandbox/schema.h"
#include "policy/sandbox/text.h"
#include "policy/syscall_siblings.h"
#include "policy/syscall_table.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

using Files = std::map<std::string, std::string>;
using Extent = SandboxGrant::Extent;

/// A document with all that is known about it.
struct Sandbox {
    explicit Sandbox(Files files, SandboxAddresses known = {})
        : loader{std::move(files)}, addresses{std::move(known)} {
        document = load_sandbox("w.yaml", "", inputs(), diagnostics);
        if (document && !diagnostics.has_errors())
            model = sandbox_model(*document, {}, inputs(), diagnostics, addresses);
    }
    explicit Sandbox(const std::string& text, SandboxAddresses known = {})
        : Sandbox{Files{{"w.yaml", text}}, std::move(known)} {}

    LoadInputs inputs() { return {loader, names, sources, {}, true}; }
    std::string rendered() const { return render(diagnostics, sources, {}); }
    std::vector<Code> codes() const {
        std::vector<Code> result;
        for (const auto& one : diagnostics.sorted()) result.push_back(one.code);
        return result;
    }
    const Rule& rule(Action action) const {
        for (const auto& one : model.rules) {
            if (one.action == action) return one;
        }
        throw std::out_of_range{"no such rule"};
    }
    bool permits(Action action, const std::string& path,
                 WriteMember member = WriteMember::contents) const {
        const auto& objects = rule(action).objects;
        return std::any_of(objects.begin(), objects.end(), [&](const ObjectPattern& object) {
            return object.paths.contains(path) &&
                   (action != Action::write ||
                    object.members.contains(static_cast<std::uint16_t>(member)));
        });
    }
    bool connects(const std::string& address, std::uint16_t port) const {
        const auto& objects = rule(Action::connect).objects;
        return std::any_of(objects.begin(), objects.end(), [&](const ObjectPattern& object) {
            return object.flow.target.contains(*parse_address(address)) &&
                   object.flow.ports.contains(port);
        });
    }
    bool calls(const std::string& name) const {
        for (const auto& one : model.rules) {
            if (one.action != Action::syscall) continue;
            const auto keys = *SyscallTable::instance().find(name);
            return (keys - one.objects.at(0).syscalls).empty();
        }
        return true;
    }
    std::string text() {
        Reporter reporter{diagnostics};
        return sandbox_text(SandboxLines{*document, addresses, reporter});
    }

    TableLoader loader;
    SandboxAddresses addresses;
    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    std::optional<SandboxDocument> document;
    Model model;
};

/// Why two models do not mean the same; "" if they do. Names, texts and places are left out.
std::string difference(const Model& a, const Model& b) {
    if (a.rules.size() != b.rules.size()) return "another number of rules";
    for (std::size_t i = 0; i < a.rules.size(); ++i) {
        const auto& x = a.rules[i];
        const auto& y = b.rules[i];
        const bool same = x.kind == y.kind && x.action == y.action && x.audit == y.audit &&
                          x.objects == y.objects && x.exceptions == y.exceptions &&
                          x.error == y.error && x.confined && y.confined;
        if (!same) return x.name + " and " + y.name;
    }
    return "";
}

/// "" if the text that is shown parses, resolves without a word, and means the same.
std::string round_trip(Sandbox& sandbox) {
    const auto text = sandbox.text();
    TableLoader loader{{{"shown.syn", text}}};
    const Loaded shown{loader, "shown.syn"};
    if (shown.diagnostics.has_errors()) return shown.rendered();
    const auto why = difference(sandbox.model, shown.model);
    return why.empty() ? why : why + " in\n" + text;
}

std::string read_text(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

constexpr auto everything_document = R"(sandbox: worker
read_file: [/srv/**, "@runtime"]
write_file: /srv/out/**
create_file:
delete_file: none
list_directory: [/srv]
spawn_process: [/usr/bin/true]
kill_process:
network:
  - allow all
  - block 192.0.2.0/24
bind_port: [8080, 9000..9009]
network_namespace: private
system_info: true
time_access: false
send_message:
allowed_paths: [/srv/**]
blocked_paths:
  - /srv/secret/**
environment:
  keep: [PATH, LANG]
  set:
    TZ: UTC
    EMPTY: ""
limits:
  memory: 64MiB
  cpu_weight: 50
  cpu_time: 2m
  descriptors: 64
  processes: 4
  connections: 0
)";

} // namespace

TEST_CASE("a document is read with every key", "[unit][policy][sandbox]") {
    Sandbox worker{everything_document};
    INFO(worker.rendered());
    REQUIRE(worker.document);
    CHECK(worker.diagnostics.empty());
    const auto& document = *worker.document;
    CHECK(document.name.text == "worker");
    CHECK(worker.sources.text(document.name.span) == "worker");
    const auto& reads = document.grant(SandboxCapability::read_file);
    CHECK(reads.extent == Extent::listed);
    REQUIRE(reads.items.size() == 2);
    CHECK(worker.sources.text(reads.items[1].span) == "@runtime");
    CHECK(worker.sources.text(reads.key) == "read_file");
    CHECK(document.grant(SandboxCapability::create_file).extent == Extent::everything);
    CHECK(document.grant(SandboxCapability::delete_file).extent == Extent::nothing);
    CHECK(document.grant(SandboxCapability::time_access).extent == Extent::nothing);
    CHECK(document.grant(SandboxCapability::receive_message).key == Span{});
    CHECK(document.network_namespace == NetworkNamespace::private_);
    CHECK(document.limits == SandboxLimits{64 << 20, 50, 120, 64, 4, 0});
    CHECK(worker.sources.text(document.limit_spans.cpu_time) == "2m");
    REQUIRE(document.environment);
    CHECK(document.environment->keep.size() == 2);
    CHECK(document.environment->set.at(1).value.text.empty());
    CHECK_THAT(round_trip(worker), Catch::Equals(""));
}

TEST_CASE("a document lowers to the rules of a confine", "[unit][policy][sandbox]") {
    const Sandbox worker{everything_document};
    INFO(worker.rendered());
    CHECK(worker.model.rules.size() == 17);
    for (const auto& rule : worker.model.rules) {
        CHECK((rule.confined && rule.kind == RuleKind::only && !rule.audit));
        CHECK(rule.name == "worker." + std::string{name_of(rule.action)});
    }
    CHECK(worker.sources.text(worker.rule(Action::exec).span) == "spawn_process: [/usr/bin/true]");
    CHECK(worker.permits(Action::read, "/srv/a"));
    CHECK_FALSE(worker.permits(Action::read, "/srv/secret/a"));
    CHECK_FALSE(worker.permits(Action::read, "/usr/lib/locale/C")); // outside of allowed_paths
    CHECK(worker.permits(Action::exec, "/usr/bin/true"));
    CHECK_FALSE(worker.permits(Action::exec, "/usr/bin/false"));
    CHECK(worker.permits(Action::read, "/proc/version")); // system_info is granted
    CHECK_FALSE(worker.permits(Action::read, "/proc/uptime"));
    CHECK(worker.permits(Action::write, "/srv/out/a"));
    CHECK(worker.permits(Action::write, "/srv/out/a", WriteMember::truncate));
    CHECK_FALSE(worker.permits(Action::write, "/srv/a"));
    CHECK(worker.permits(Action::write, "/srv/a", WriteMember::create));
    CHECK_FALSE(worker.permits(Action::write, "/srv/a", WriteMember::delete_));
    CHECK_FALSE(worker.permits(Action::write, "/srv/a", WriteMember::rename));
    CHECK(worker.connects("198.51.100.1", 443));
    CHECK_FALSE(worker.connects("192.0.2.7", 443));
    CHECK(worker.rule(Action::fork).objects.size() == 1);
    CHECK(worker.rule(Action::mount).objects.empty());
    CHECK(worker.rule(Action::listen).objects.at(0).flow.ports.contains(9005));
    CHECK(worker.calls("uname"));
    CHECK(worker.calls("msgget")); // one of the two is granted
    CHECK_FALSE(worker.calls("clock_gettime64"));
    CHECK_FALSE(worker.calls("msgrcv"));
    CHECK_FALSE(worker.calls("ipc"));
}

TEST_CASE("renaming takes a name that may come and go", "[unit][policy][sandbox]") {
    const Sandbox worker{"sandbox: w\ncreate_file: [/a/**, /b/**]\ndelete_file: [/b/**, /c/**]\n"};
    CHECK(worker.permits(Action::write, "/b/x", WriteMember::rename));
    CHECK_FALSE(worker.permits(Action::write, "/a/x", WriteMember::rename));
    CHECK_FALSE(worker.permits(Action::write, "/c/x", WriteMember::rename));
    CHECK(worker.permits(Action::write, "/a/x", WriteMember::link));
    CHECK_FALSE(worker.permits(Action::write, "/b/x", WriteMember::contents));
}

TEST_CASE("what tells the same as a capability is refused with it", "[unit][policy][sandbox]") {
    const Sandbox all{"sandbox: w\nread_file: everywhere\n"};
    CHECK_FALSE(all.permits(Action::read, "/proc/version"));
    CHECK_FALSE(all.permits(Action::read, "/dev/rtc0"));
    CHECK(all.permits(Action::read, "/etc/passwd"));
    // Where a refused call has an effect that no action covers, all calls with it are refused.
    for (const auto& effect : syscall_effects()) {
        const bool whole =
            effect.name == "set the clock" || effect.name == "change system V queues";
        if (!whole) continue;
        for (const auto call : effect.calls) {
            INFO(call);
            CHECK_FALSE(all.calls(std::string{call}));
        }
    }
    for (const auto& row : sandbox_call_rows()) {
        if (row.kind != SandboxCallRow::Kind::call) continue;
        INFO(row.member);
        CHECK(SyscallTable::instance().find(row.member));
        CHECK_FALSE(all.calls(std::string{row.member}));
    }
    const Sandbox granted{
        "sandbox: w\nsystem_info:\ntime_access:\nsend_message:\nreceive_message:\n"};
    CHECK(std::none_of(granted.model.rules.begin(), granted.model.rules.end(),
                       [](const Rule& rule) { return rule.action == Action::syscall; }));
}

TEST_CASE("every mistake of a document is reported at once", "[unit][policy][sandbox]") {
    const Sandbox wrong{R"(sandbox: 9lives
raed_file: [/a]
write_file: {a: b}
kill_process: maybe
kill_process: true
network: ["*.example.org", "exa mple", 10.0.0.1/8, "a:99999", block 10.0.0.0/8:80]
bind_port: [70000]
network_namespace: privat
environment: {keep: ["A=B"], sat: {}}
limits: {memory: 10MB, cpu_time: 1500ms, processes: 0, threads: 5, descriptors: [1]}
blocked_paths: [[/x]]
)"};
    INFO(wrong.rendered());
    auto codes = wrong.codes();
    std::sort(codes.begin(), codes.end());
    std::vector<Code> wanted{
        Code::bad_name,      Code::unknown_key, Code::wrong_value, Code::wrong_value,
        Code::duplicate_key, Code::host_name,   Code::bad_host,    Code::bad_address,
        Code::bad_number,    Code::bad_host,    Code::bad_number,  Code::wrong_value,
        Code::bad_name,      Code::unknown_key, Code::bad_number,  Code::bad_number,
        Code::bad_number,    Code::unknown_key, Code::wrong_value, Code::wrong_value};
    std::sort(wanted.begin(), wanted.end());
    CHECK(codes == wanted);
    CHECK(wrong.rendered().find("did you mean `read_file`?") != std::string::npos);
    CHECK(wrong.rendered().find("did you mean `private`?") != std::string::npos);
}

TEST_CASE("a hostile document gets one clear error", "[unit][policy][sandbox]") {
    struct Case {
        std::string text;
        Code code;
    };
    const auto repeated = [](std::string_view piece) {
        std::string text;
        for (int i = 0; i < 50'000; ++i) text += piece;
        return text;
    };
    std::string deep_lines = "sandbox: w\nenvironment:\n";
    for (int i = 0; i < 400; ++i)
        deep_lines += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    const Case cases[] = {
        {"sandbox: w\nread_file: &a [/x, /y]\n", Code::yaml_feature},
        {std::string(200'000, '['), Code::too_deep},
        {std::string(200'000, '{'), Code::too_deep},
        {"read_file: " + std::string(100'000, '-'), Code::missing_key},
        {"sandbox: w\nread_file:\n  " + repeated("- ") + "/a\n", Code::too_deep},
        {repeated("? "), Code::too_deep},
        {deep_lines, Code::too_deep},
        {"sandbox: w\n" + std::string(300'000, '#'), Code::file_too_large},
        {std::string{"sandbox: w\0x\n", 13}, Code::invalid_text},
        {"sandbox: \"w\\0x\"\n", Code::invalid_text},
        {"sandbox: \xff\xfe\n", Code::invalid_text},
        {"sandbox: w\nlimits: {memory: 99999999999999999999999999GiB}\n", Code::bad_number},
        {"sandbox: w\nlimits: {memory: 0x7fffffffffffffffGiB}\n", Code::bad_number},
        {"sandbox: w\nlimits: {processes: -1}\n", Code::bad_number},
        {"sandbox: w\nlimits: {descriptors: 1e9}\n", Code::bad_number},
        {"sandbox: w\nkill_process:\nkill_process:\n", Code::duplicate_key},
        {"sandbox: w\nextends: w.yaml\n", Code::import_cycle},
        {"sandbox: w\nextends: nowhere.yaml\n", Code::unreadable_file},
        {"sandbox: w\n---\nsandbox: v\n", Code::yaml_feature},
        {"sandbox: !!str w\n", Code::yaml_feature},
        {"sandbox: [w\n", Code::yaml_syntax},
        {"sandbox: w\nread_file: @runtime\n", Code::yaml_syntax},
        {",", Code::yaml_feature},
        {"sandbox: w\n]\n", Code::yaml_syntax},
        {"", Code::wrong_value},
        {"- a\n", Code::wrong_value},
        {"read_file: /x\n", Code::missing_key},
    };
    for (const auto& one : cases) {
        const Sandbox hostile{one.text};
        INFO(one.text.substr(0, 80) << "\n" << hostile.rendered());
        CHECK(hostile.diagnostics.count(Severity::error) >= 1);
        const auto codes = hostile.codes();
        CHECK(std::find(codes.begin(), codes.end(), one.code) != codes.end());
        CHECK(codes.size() <= 2);
    }
}

TEST_CASE("a billion laughs are aliases, which are refused", "[unit][policy][sandbox]") {
    std::string text = "sandbox: w\nread_file: &a [/x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        text += std::string{"x"} + c + ": &" + c + " [*" + before + ", *" + before + ", *" +
                before + "]\n";
    }
    const Sandbox hostile{text};
    CHECK(hostile.diagnostics.has_errors());
    CHECK(hostile.diagnostics.count(Severity::error) < 100);
    CHECK(hostile.document->grant(SandboxCapability::read_file).items.size() == 1);
}

TEST_CASE("two documents that extend each other are a circle", "[unit][policy][sandbox]") {
    const Sandbox circle{Files{{"w.yaml", "sandbox: w\nextends: v.yaml\n"},
                               {"v.yaml", "sandbox: v\nextends: w.yaml\n"}}};
    CHECK(circle.codes() == std::vector{Code::import_cycle});
    CHECK(circle.rendered().find("w.yaml -> v.yaml -> w.yaml") != std::string::npos);
}

TEST_CASE("a child replaces capabilities and limits one by one", "[unit][policy][sandbox]") {
    const Sandbox child{
        Files{{"w.yaml", "sandbox: w\nextends: base.yaml\nread_file: [/b]\nkill_process: none\n"
                         "blocked_paths: [/b/y]\nenvironment: {set: {A: child}}\n"
                         "limits: {memory: 1MiB}\n"},
              {"base.yaml", "sandbox: base\nextends: minimal\nread_file: [/a]\nwrite_file: [/a]\n"
                            "kill_process:\nblocked_paths: [/a/x]\n"
                            "environment: {keep: [PATH], set: {A: base, B: base}}\n"}}};
    INFO(child.rendered());
    REQUIRE_FALSE(child.diagnostics.has_errors());
    const auto& document = *child.document;
    CHECK(document.name.text == "w");
    CHECK(document.extends.size() == 2);
    CHECK(document.grant(SandboxCapability::read_file).items.at(0).text == "/b");
    CHECK(document.grant(SandboxCapability::write_file).items.at(0).text == "/a");
    CHECK(document.grant(SandboxCapability::kill_process).extent == Extent::nothing);
    CHECK(document.blocked_paths.size() == 2);
    CHECK(document.limits.memory_bytes == 1 << 20);
    CHECK(document.limits.processes == 1); // of minimal
    REQUIRE(document.environment->keep.size() == 1);
    CHECK(document.environment->keep.at(0).text == "PATH");
    CHECK(document.environment->set.at(0).value.text == "child");
}

TEST_CASE("the presets have the limits that they promise", "[unit][policy][sandbox]") {
    const auto limits = [](const std::string& preset) {
        return Sandbox{"sandbox: w\nextends: " + preset + "\n"}.document->limits;
    };
    constexpr auto mib = std::uint64_t{1} << 20;
    CHECK(limits("minimal") == SandboxLimits{10 * mib, {}, 5, 10, 1, 0});
    CHECK(limits("standard") == SandboxLimits{100 * mib, {}, 60, 1024, 10, 100});
    CHECK(limits("privileged") == SandboxLimits{2048 * mib, {}, 300, 500, 50, 100});
    CHECK(Sandbox{"sandbox: w\nextends: minmal\n"}.rendered().find("did you mean `minimal`?") !=
          std::string::npos);
}

TEST_CASE("hosts are looked up by whoever starts the sandbox", "[unit][policy][sandbox]") {
    const std::string text = "sandbox: w\nnetwork: [\"example.org:443\", block bad.example.org, "
                             "\"[2001:db8::/32]:8000..8010\", 10.0.0.0/8]\n";
    const Sandbox without{text};
    REQUIRE(without.diagnostics.empty());
    const auto names = hosts(*without.document);
    REQUIRE(names.size() == 2);
    CHECK(names[0].name == "example.org");
    CHECK(names[0].ports == PortSet::single(443));
    CHECK(without.sources.text(names[0].span).find("example.org") != std::string::npos);
    CHECK(names[1].block);
    CHECK_FALSE(without.connects("192.0.2.1", 443));
    CHECK(without.connects("10.1.1.1", 22));
    CHECK(without.connects("2001:db8::5", 8005));
    CHECK_FALSE(without.connects("2001:db8::5", 80));
    Sandbox with{text,
                 {{"example.org", AddressSet::single(*parse_address("192.0.2.1"))},
                  {"bad.example.org", AddressSet::single(*parse_address("10.1.1.1"))}}};
    CHECK(with.connects("192.0.2.1", 443));
    CHECK_FALSE(with.connects("192.0.2.1", 80));
    CHECK_FALSE(with.connects("10.1.1.1", 22));
    CHECK_THAT(round_trip(with), Catch::Equals(""));
}

TEST_CASE("listing that would let files be read is refused", "[unit][policy][sandbox]") {
    const auto codes = [](const std::string& lines) {
        Sandbox one{"sandbox: w\n" + lines};
        return one.codes();
    };
    CHECK(codes("list_directory: [/srv]\n").empty());
    CHECK(codes("read_file: [/srv/**]\nlist_directory: [/srv/**]\n").empty());
    CHECK(codes("list_directory:\n") == std::vector{Code::listing_reads});
    CHECK(codes("list_directory: [/srv/*]\n") == std::vector{Code::listing_reads});
}

TEST_CASE("a document in place of a policy answers questions and is not enforced",
          "[unit][policy][sandbox]") {
    TableLoader loader{{{"w.yaml", "sandbox: w\nnetwork: [example.org]\n"}}};
    TestNames names;
    SourceMap sources;
    Diagnostics refused;
    CHECK(load_policies({"w.yaml"}, {loader, names, sources}, refused).rules.empty());
    REQUIRE(refused.sorted().size() == 1);
    CHECK(refused.sorted().front().code == Code::sandbox_alone);
    Diagnostics answered;
    const auto model = load_policies({"w.yaml"}, {loader, names, sources, {}, true}, answered);
    CHECK(model.rules.size() == 17);
    CHECK(model.rules.front().name == "w.exec");
    CHECK(model.rules.front().subject.kind == SubjectExpr::Kind::any);
    CHECK_FALSE(answered.has_errors()); // the host is a note
    CHECK(answered.sorted().front().code == Code::host_name);
}

TEST_CASE("a policy names presets and documents as its closed world", "[unit][policy][sandbox]") {
    TableLoader loader{{{"p.syn", "syn 1\npolicy p\n"
                                  "a: confine user build as sandbox \"minimal\"\n"
                                  "b: audit confine user root as sandbox \"w.yaml\" with EACCES\n"
                                  "   except for exe /usr/bin/true\n"},
                        {"w.yaml", "sandbox: w\nspawn_process:\n"}}};
    const Loaded files{loader, "p.syn"};
    INFO(files.rendered());
    CHECK_FALSE(files.diagnostics.has_errors());
    REQUIRE(files.model.rules.size() == 34);
    for (const auto& rule : files.model.rules) {
        const bool first = rule.name.starts_with("p.a.");
        CHECK(rule.subject.ids == IdSet::single(first ? 1000 : 0));
        CHECK(rule.audit == !first);
        CHECK(rule.error == (first ? std::optional<int>{} : EACCES));
        CHECK(rule.exceptions.size() == (first ? 0 : 1));
        if (rule.name == "p.a.exec") CHECK(rule.objects.empty());
        if (rule.name == "p.b.exec") CHECK(rule.objects.size() == 1);
    }
}

// ---- round trips -------------------------------------------------------------------------------

namespace {

std::string pick(const std::vector<std::string>& from) {
    return *rc::gen::elementOf(from);
}

std::string some(const std::vector<std::string>& from) {
    std::string out = "[";
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + pick(from);
    return out + "]";
}

std::string any_document() {
    const std::vector<std::string> paths{
        "/a",         "/a/**",      "'/b c/**'",     "\"/{x,y}/z\"", "/**/core",  "/usr/bin/*",
        "'@runtime'", "'/q\"/\\x'", "/proc/version", "'/com,ma'",    "/ümlaut/**"};
    const std::vector<std::string> network{
        "10.0.0.0/8",          "'192.0.2.1:443'",          "'[2001:db8::/32]:80..90'",
        "block 10.1.0.0/16",   "allow 198.51.100.0/24",    "2001:db8::1",
        "block 2001:db8::/33", "'192.0.2.1-192.0.2.9:53'", "example.org"};
    std::string out = "sandbox: w\n";
    for (const char* key : {"read_file", "write_file", "create_file", "delete_file",
                            "spawn_process", "allowed_paths", "blocked_paths"}) {
        const std::string value = pick({"", "everywhere", "none", "list", "list", "absent"});
        const bool list_only = std::string{key}.ends_with("_paths");
        if (value == "absent" || (list_only && value != "list")) continue;
        out += std::string{key} + ": " + (value == "list" ? some(paths) : value) + "\n";
    }
    for (const char* key :
         {"kill_process", "system_info", "time_access", "send_message", "receive_message"})
        out += std::string{key} + ": " + pick({"true", "false", "", "none"}) + "\n";
    out += "network: " + pick({"", "allow all", some(network), "[allow all, block 10.0.0.0/8]"}) +
           "\n";
    out += "bind_port: " + pick({"", "any", "none", "80", "[80, 8000..8010]"}) + "\n";
    return out;
}

} // namespace

TEST_CASE("the text that is shown means what the document means", "[unit][policy][sandbox]") {
    CHECK(rc::check([] {
        const auto text = any_document();
        Sandbox sandbox{text, {{"example.org", AddressSet::single(*parse_address("203.0.113.7"))}}};
        RC_LOG() << text << sandbox.rendered();
        RC_ASSERT_FALSE(sandbox.diagnostics.has_errors());
        RC_ASSERT(round_trip(sandbox) == "");
    }));
}

TEST_CASE("shipped sandboxes are in order and mean what is shown", "[unit][policy][sandbox]") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"rules/sandboxes"}) {
        if (entry.path().extension() != ".yaml") continue;
        ++count;
        const auto text = read_text(entry.path().string());
        Sandbox sandbox{text, {}};
        INFO(entry.path().string() << "\n" << sandbox.rendered());
        CHECK(sandbox.diagnostics.empty());
        CHECK(sandbox.document->name.text == entry.path().stem().string());
        CHECK(text.starts_with("# " + entry.path().stem().string() + ": ")); // what it is for
        CHECK_THAT(round_trip(sandbox), Catch::Equals(""));
    }
    CHECK(count >= 9);
}

// ---- one table of keys -------------------------------------------------------------------------

TEST_CASE("the JSON schema is that of the table of keys", "[unit][policy][sandbox]") {
    const std::string path = "rules/sandboxes/sandbox.schema.json";
    const char* update = std::getenv("SYNPOL_UPDATE_GOLDEN");
    if (update != nullptr && std::string{update} == "1")
        std::ofstream{path, std::ios::binary} << sandbox_schema();
    INFO("run this test with SYNPOL_UPDATE_GOLDEN=1, read the difference, commit it");
    CHECK(read_text(path) == sandbox_schema());
}

TEST_CASE("the manual describes every key", "[unit][policy][sandbox]") {
    const auto manual = read_text("docs/sandboxes.md");
    for (const auto& key : all_sandbox_keys()) {
        INFO(key.name);
        CHECK(manual.find("`" + std::string{key.name} + "`") != std::string::npos);
    }
}

} // namespace synpol::test
