// SPDX-License-Identifier: Apache-2.0
// The kernel backend against this host's kernel: what it loads, attaches and pins, and that a
// failed apply changes nothing. Every subject is the test's own (loader_fixture.h).
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>

#include <catch2/catch.hpp>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/kernel/image_maps.h"
#include "agent/kernel/pins.h"
#include "agent/kernel/trial.h"
#include "loader_fixture.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

// ---- policies -------------------------------------------------------------------------

Rule rule(const std::string& name, RuleKind kind, Action action) {
    Rule made;
    made.objects.emplace_back();
    made.name = "test." + name;
    made.kind = kind;
    made.action = action;
    made.objects.front().flow.transports = TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    return made;
}

Rule block_source(const std::string& source) {
    auto made = rule("block", RuleKind::block, Action::inbound);
    made.objects.front().flow.source = AddressSet::single(*parse_address(source));
    return made;
}

Rule deny_connect(const std::string& cgroup, std::uint16_t port) {
    auto made = rule("deny", RuleKind::deny, Action::connect);
    made.subject.kind = SubjectExpr::Kind::cgroup;
    made.subject.paths = PathSet::glob({cgroup});
    made.objects.front().flow.ports = PortSet::single(port);
    made.objects.front().flow.transports =
        TransportSet::single(static_cast<std::uint16_t>(sp_transport_key(17, 0)));
    made.error = ECONNREFUSED;
    return made;
}

Rule on_call(const std::string& name, RuleKind kind, const std::string& exe, long number) {
    auto made = rule(name, kind, Action::syscall);
    made.subject.kind = SubjectExpr::Kind::exe;
    made.subject.paths = PathSet::glob({exe});
    made.objects.front().syscalls = SyscallSet::single(static_cast<std::uint16_t>(number));
    return made;
}

Compiled compiled(const Backend& backend, std::vector<Rule> rules) {
    Model model;
    model.policies.push_back({"test", "", false, 0});
    model.rules = std::move(rules);
    Diagnostics diagnostics;
    auto made = compile(std::move(model), &backend.facts(), diagnostics);
    for (const auto& diagnostic : diagnostics.sorted()) UNSCOPED_INFO(diagnostic.message);
    REQUIRE(made);
    return std::move(*made);
}

std::unique_ptr<KernelBackend> start(const Config& config) {
    return must(KernelBackend::create(config));
}

std::string failure(const Result<void>& result) {
    return result ? "" : result.error().message();
}

std::string start_failure(const Config& config) {
    auto started = KernelBackend::create(config);
    return started ? "" : started.error().message() + " | " + started.error().help();
}

/// Ends what a test enforced, however it ends.
struct Cleaner {
    explicit Cleaner(Config of) : config{std::move(of)} {}
    ~Cleaner() { (void)purge_pins(config.bpffs_dir); }
    Config config;
};

Descriptor open_pin(const Config& config, const std::string& name) {
    Descriptor pin{bpf_obj_get((config.bpffs_dir + "/" + name).c_str())};
    REQUIRE(pin);
    return pin;
}

std::uint32_t program_at(const std::string& interface) {
    std::uint32_t id = 0;
    bpf_xdp_query_id(static_cast<int>(if_nametoindex(interface.c_str())), 0, &id);
    return id;
}

std::uint32_t programs_in(const std::string& cgroup, bpf_attach_type type) {
    const Descriptor folder{open(cgroup.c_str(), O_RDONLY)};
    std::uint32_t count = 0;
    bpf_prog_query(folder.get(), type, 0, nullptr, nullptr, &count);
    return count;
}

std::set<std::string> tree(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
        names.insert(entry.path());
    return names;
}

const std::vector<std::string> blocked_then_free{"10.9.0.3", "10.9.0.2"};

} // namespace

// ---- images ---------------------------------------------------------------------------

TEST_CASE("an image comes back from the kernel byte for byte and cannot be changed",
          "[kernel][maps]") {
    const Cleaner end{own_config("image")};
    const auto backend = start(end.config);
    const auto next = compiled(*backend, {block_source("192.0.2.1")});
    const auto map = must(make_image_map(next.image));
    CHECK(must(read_image_map(map.get())) == next.image);
    const std::uint32_t key = 0;
    const std::vector<char> page(SP_PAGE_SIZE);
    CHECK(bpf_map_update_elem(map.get(), &key, page.data(), 0) != 0);
}

// ---- life of the pins -----------------------------------------------------------------

TEST_CASE("starting attaches nothing and removing leaves nothing", "[kernel][loader]") {
    const Cleaner end{own_config("empty")};
    auto backend = start(end.config);
    CHECK(backend->attached().empty());
    CHECK_FALSE(backend->adopted());
    CHECK(std::filesystem::exists(end.config.bpffs_dir));
    must(backend->remove());
    CHECK_FALSE(std::filesystem::exists(end.config.bpffs_dir));
}

TEST_CASE("a second backend adopts what the first left, and enforcement never stopped",
          "[kernel][loader]") {
    Wire wire{"sp0"};
    Cleaner end{own_config("adopt")};
    end.config.interfaces = {"sp0"};
    auto first = start(end.config);
    const auto policy = compiled(*first, {block_source("10.9.0.3")});
    must(first->apply(policy));
    const auto links = first->attached();
    const auto program = program_at("sp0");
    first.reset();
    CHECK(wire.sources_that_arrive(blocked_then_free) == std::vector<std::string>{"10.9.0.2"});

    auto second = start(end.config);
    CHECK(second->adopted() == policy.image.tag());
    CHECK(second->adopted_image() == policy.image);
    CHECK(second->attached() == links);
    CHECK(program_at("sp0") == program); // the same code: the link was left alone
    must(second->apply(policy));
    CHECK(wire.sources_that_arrive(blocked_then_free) == std::vector<std::string>{"10.9.0.2"});
    must(second->remove());
    CHECK(program_at("sp0") == 0);
    CHECK_FALSE(std::filesystem::exists(end.config.bpffs_dir));
}

TEST_CASE("a link whose program is not today's gets today's program", "[kernel][loader]") {
    Wire wire{"sp0"};
    Cleaner end{own_config("upgrade")};
    end.config.interfaces = {"sp0"};
    auto first = start(end.config);
    must(first->apply(compiled(*first, {block_source("10.9.0.3")})));
    first.reset();
    const auto yesterday = must(
        load_trial({"an XDP program", "", BPF_PROG_TYPE_XDP, BPF_XDP, 0, {move(0, 2), leave()}}));
    const auto link = open_pin(end.config, "links/xdp@sp0");
    REQUIRE(bpf_link_update(link.get(), yesterday.get(), nullptr) == 0);
    CHECK(wire.sources_that_arrive(blocked_then_free) == blocked_then_free);

    const auto second = start(end.config);
    CHECK(wire.sources_that_arrive(blocked_then_free) == std::vector<std::string>{"10.9.0.2"});
}

TEST_CASE("the active image becomes the previous one at a flip", "[kernel][loader]") {
    const Cleaner end{own_config("flip")};
    const auto backend = start(end.config);
    const auto one =
        compiled(*backend, {on_call("a", RuleKind::kill, "/nonexistent/a", SYS_getppid)});
    const auto two =
        compiled(*backend, {on_call("b", RuleKind::kill, "/nonexistent/b", SYS_getppid)});
    must(backend->apply(one));
    must(backend->apply(two));
    must(backend->apply(two)); // again: the one before stays
    const auto images = open_pin(end.config, "sp_images");
    CHECK(must(read_image_map(must(open_slot(images.get(), ImageSlot::active)).get())) ==
          two.image);
    CHECK(must(read_image_map(must(open_slot(images.get(), ImageSlot::previous)).get())) ==
          one.image);
}

// ---- exactly what the plan needs ------------------------------------------------------

TEST_CASE("an apply detaches what its plan does not need", "[kernel][attach]") {
    const Cgroups cgroups;
    Cleaner end{own_config("exact")};
    end.config.cgroup_root = cgroups.folder;
    const auto backend = start(end.config);
    must(backend->apply(compiled(*backend, {deny_connect(cgroups.path + "/in", 5)})));
    CHECK(programs_in(cgroups.folder, BPF_CGROUP_INET4_CONNECT) == 1);
    const auto attached = backend->attached();
    CHECK(std::count(attached.begin(), attached.end(), "cgroup/connect4") == 1);

    const auto policy =
        compiled(*backend, {on_call("a", RuleKind::kill, "/nonexistent/a", SYS_getppid)});
    must(backend->apply(policy));
    CHECK(programs_in(cgroups.folder, BPF_CGROUP_INET4_CONNECT) == 0);
    const auto now = backend->attached();
    CHECK(std::set<std::string>(now.begin(), now.end()) == policy.plan.attach);
}

TEST_CASE("a failed apply leaves everything as it was", "[kernel][attach]") {
    const Wire wire{"sp0"};
    const Cgroups cgroups;
    Cleaner end{own_config("failed")};
    end.config.interfaces = {"sp0", "nosuch"};
    end.config.cgroup_root = cgroups.folder;
    const auto backend = start(end.config);
    const auto good = compiled(*backend, {deny_connect(cgroups.path + "/in", 5)});
    must(backend->apply(good));
    const auto pins = tree(end.config.bpffs_dir);
    const auto attached = backend->attached();
    const auto counters = must(backend->counters()).size();

    const auto result = backend->apply(compiled(*backend, {block_source("10.9.0.3")}));
    CHECK_THAT(failure(result), Catch::Contains("attaching xdp on nosuch"));
    CHECK(tree(end.config.bpffs_dir) == pins);
    CHECK(backend->attached() == attached);
    CHECK(must(backend->counters()).size() == counters);
    CHECK(program_at("sp0") == 0);
    const auto images = open_pin(end.config, "sp_images");
    CHECK(must(read_image_map(must(open_slot(images.get(), ImageSlot::active)).get())) ==
          good.image);
}

TEST_CASE("rules about packets without an interface are an error", "[kernel][attach]") {
    const Cleaner end{own_config("nowhere")};
    const auto backend = start(end.config);
    CHECK_THAT(failure(backend->apply(compiled(*backend, {block_source("10.9.0.3")}))),
               Catch::Contains("no interface is configured"));
}

TEST_CASE("an XDP program of somebody else is named and stays", "[kernel][attach]") {
    const Wire wire{"sp0"};
    Cleaner end{own_config("other")};
    end.config.interfaces = {"sp0"};
    const auto other = must(
        load_trial({"an XDP program", "", BPF_PROG_TYPE_XDP, BPF_XDP, 0, {move(0, 2), leave()}}));
    const Descriptor link{
        bpf_link_create(other.get(), static_cast<int>(if_nametoindex("sp0")), BPF_XDP, nullptr)};
    REQUIRE(link);
    const auto before = program_at("sp0");
    const auto backend = start(end.config);
    CHECK_THAT(failure(backend->apply(compiled(*backend, {block_source("10.9.0.3")}))),
               Catch::Contains("interface sp0 has another XDP program: sp_probe"));
    CHECK(program_at("sp0") == before);
}

TEST_CASE("an interface that goes away takes nothing from the others", "[kernel][attach]") {
    Cleaner end{own_config("gone")};
    Wire stays{"sp0"};
    end.config.interfaces = {"sp0", "sp1"};
    run("ip link add sp1 type veth peer name sp1peer");
    const auto backend = start(end.config);
    const auto policy = compiled(*backend, {block_source("10.9.0.3")});
    must(backend->apply(policy));
    run("ip link del sp1");
    CHECK(backend->attached().back() == "xdp on sp1 (interface is gone)");
    must(backend->apply(policy));
    CHECK(stays.sources_that_arrive(blocked_then_free) == std::vector<std::string>{"10.9.0.2"});

    run("ip link add sp1 type veth peer name sp1peer");
    CHECK_THAT(backend->attached().back(), Catch::Contains("made anew"));
    must(backend->apply(policy));
    CHECK(backend->attached().back() == "xdp on sp1 (native)");
    CHECK(program_at("sp1") == program_at("sp0"));
    run("ip link del sp1");
}

// ---- acting ---------------------------------------------------------------------------

TEST_CASE("packets of a blocked source are dropped and others pass, in every mode",
          "[kernel][attach]") {
    const std::string mode = GENERATE("native", "generic", "auto");
    Wire wire{"sp.0"}; // a BPF file system takes no dots in names
    Cleaner end{own_config("xdp-" + mode)};
    end.config.interfaces = {"sp.0"};
    end.config.xdp_mode = mode;
    const auto backend = start(end.config);
    CHECK(wire.sources_that_arrive(blocked_then_free) == blocked_then_free);
    const auto policy = compiled(*backend, {block_source("10.9.0.3")});
    must(backend->apply(policy));
    const std::string shown = mode == "generic" ? "generic" : "native";
    CHECK(backend->attached() == std::vector<std::string>{fmt::format("xdp on sp.0 ({})", shown)});
    CHECK(wire.sources_that_arrive(blocked_then_free) == std::vector<std::string>{"10.9.0.2"});

    CHECK(wait_for_event(*backend, [&](const sp_event& event) {
        const auto source = from_bytes(event.flow.source);
        return event.verdict == SP_DENY && event.tag == policy.image.tag() &&
               event.carrier == SP_CARRIER_XDP && source == *parse_address("10.9.0.3");
    }));
    const auto counters = must(backend->counters());
    REQUIRE(counters.size() == 1);
    CHECK(counters.begin()->second.matched == 1);
    CHECK(counters.begin()->second.refused == 1);
}

TEST_CASE("connect is refused in the named cgroup only", "[kernel][attach]") {
    const Cgroups cgroups;
    Cleaner end{own_config("connect")};
    end.config.cgroup_root = cgroups.folder;
    const auto backend = start(end.config);
    must(backend->apply(compiled(*backend, {deny_connect(cgroups.path + "/in", 5)})));
    CHECK(cgroups.connect_from("in", 5) == ECONNREFUSED);
    CHECK(cgroups.connect_from("in", 6) == 0);
    CHECK(cgroups.connect_from("out", 5) == 0);
    CHECK(cgroups.connect_from("..", 5) == 0);
    CHECK(wait_for_event(*backend, [](const sp_event& event) {
        return event.area == SP_AREA_CONNECT && event.verdict == SP_DENY && event.flow.port == 5 &&
               event.error == ECONNREFUSED;
    }));
    must(backend->remove());
    CHECK(cgroups.connect_from("in", 5) == 0);
}

TEST_CASE("a forbidden call kills the named executable's process and no other",
          "[kernel][attach]") {
    const Cleaner end{own_config("kill")};
    const auto backend = start(end.config);
    const auto victim = copy_program("/bin/sleep", "victim");
    const auto bystander = copy_program("/bin/sleep", "bystander");
    const auto policy =
        compiled(*backend, {on_call("nap", RuleKind::kill, victim, SYS_clock_nanosleep)});
    must(backend->apply(policy));
    const auto killed = run_program({victim, "0.01"});
    CHECK(WIFSIGNALED(killed.status));
    CHECK(run_program({bystander, "0.01"}).status == 0);

    CHECK(wait_for_event(*backend, [&](const sp_event& event) {
        return event.verdict == SP_KILL && event.tgid == static_cast<std::uint32_t>(killed.pid) &&
               event.call.number == SYS_clock_nanosleep && std::string{event.comm} == "victim" &&
               std::string(event.exe, event.exe_length).starts_with("victim/");
    }));
    const auto counters = must(backend->counters());
    REQUIRE(counters.size() == 1);
    CHECK(counters.begin()->second.refused == 1);
    CHECK(must(backend->losses()).failure[SP_FAIL_COUNTER] == 0);
}

// ---- pins that do not fit -------------------------------------------------------------

TEST_CASE("a folder that is not on a BPF file system is refused", "[kernel][pins]") {
    Config config;
    config.bpffs_dir = scratch() + "/plain/synpol";
    CHECK_THAT(start_failure(config), Catch::Contains("not on a BPF file system") &&
                                          Catch::Contains("mount -t bpf bpf /sys/fs/bpf"));
    CHECK_FALSE(std::filesystem::exists(config.bpffs_dir));
}

TEST_CASE("a corrupt active image is refused and what is pinned stays", "[kernel][pins]") {
    const Cleaner end{own_config("corrupt")};
    start(end.config);
    bpf_map_create_opts options{};
    options.sz = sizeof options;
    options.map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP;
    const Descriptor garbage{bpf_map_create(BPF_MAP_TYPE_ARRAY, "x", 4, SP_PAGE_SIZE, 3, &options)};
    const auto images = open_pin(end.config, "sp_images");
    const std::uint32_t active = SP_IMAGE_ACTIVE;
    const int map = garbage.get();
    REQUIRE(bpf_map_update_elem(images.get(), &active, &map, 0) == 0);
    const auto pins = tree(end.config.bpffs_dir);
    CHECK_THAT(start_failure(end.config),
               Catch::Contains("the active image pinned in") && Catch::Contains("synpol stop"));
    CHECK(tree(end.config.bpffs_dir) == pins);
}

TEST_CASE("pins of another version are refused", "[kernel][pins]") {
    const Cleaner end{own_config("version")};
    start(end.config);
    const std::uint32_t key = 0;
    const std::uint64_t mark[2] = {SP_MAGIC, SP_ABI_VERSION + 1};
    REQUIRE(bpf_map_update_elem(open_pin(end.config, "sp_mark").get(), &key, mark, 0) == 0);
    CHECK_THAT(start_failure(end.config),
               Catch::Contains("kernel ABI " + std::to_string(SP_ABI_VERSION + 1)) &&
                   Catch::Contains("synpol stop"));
}

TEST_CASE("a pinned map of another size is refused", "[kernel][pins]") {
    const Cleaner end{own_config("size")};
    start(end.config);
    const auto path = end.config.bpffs_dir + "/sp_cpu";
    REQUIRE(unlink(path.c_str()) == 0);
    const Descriptor other{bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "sp_cpu", 4, 8, 1, nullptr)};
    REQUIRE(bpf_obj_pin(other.get(), path.c_str()) == 0);
    CHECK_THAT(start_failure(end.config),
               Catch::Contains("does not fit this synpol") && Catch::Contains("synpol stop"));
}

TEST_CASE("somebody else's pins are neither used nor removed", "[kernel][pins]") {
    const auto config = own_config("foreign");
    REQUIRE(mkdir(config.bpffs_dir.c_str(), 0700) == 0);
    const Descriptor map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "x", 4, 8, 1, nullptr)};
    REQUIRE(bpf_obj_pin(map.get(), (config.bpffs_dir + "/theirs").c_str()) == 0);
    CHECK_THAT(start_failure(config), Catch::Contains("synpol did not make"));
    CHECK_THAT(failure(purge_pins(config.bpffs_dir)),
               Catch::Contains("theirs was not made by synpol"));
    CHECK(std::filesystem::exists(config.bpffs_dir + "/theirs"));
}

TEST_CASE("names of pins lead back to where a link is", "[kernel][pins]") {
    const auto point =
        GENERATE(AttachPoint{"cgroup/connect4", ""}, AttachPoint{"xdp", "eth0.100"},
                 AttachPoint{"xdp", "a@b%c:d"}, AttachPoint{"lsm/socket_connect", ""});
    CHECK(parse_link_pin_name(link_pin_name(point)) == point);
    CHECK(link_pin_name(point).find_first_of("./") == std::string::npos);
}
