// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/probe.h"

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/kernel/cgroup_root.h"
#include "agent/kernel/guard.h"
#include "agent/kernel/libbpf_log.h"
#include "agent/kernel/lockdown.h"
#include "agent/kernel/privileges.h"
#include "agent/kernel/trial.h"

namespace synpol {
namespace {

using Btf = std::unique_ptr<btf, decltype(&btf__free)>;

/// What the trials share and fill in.
struct Host {
    std::string cgroup_root;
    Btf btf{nullptr, btf__free};
    Facts facts;
};

// ---- one function per trial: nothing when it worked, else why not ---------------------

Result<void> try_privileges(Host&) {
    return check_privileges();
}

Result<void> try_btf(Host& host) {
    host.btf.reset(btf__load_vmlinux_btf());
    if (!host.btf)
        return refusal("reading /sys/kernel/btf/vmlinux", errno, "CONFIG_DEBUG_INFO_BTF");
    host.facts.btf = true;
    return {};
}

Result<unsigned> btf_id(const Host& host, const std::string& name, unsigned kind) {
    if (!host.btf) return Error{"the kernel gives no type information (CONFIG_DEBUG_INFO_BTF)"};
    const int id = btf__find_by_name_kind(host.btf.get(), name.c_str(), kind);
    if (id < 0) return Error{fmt::format("the kernel has no {}", name)};
    return static_cast<unsigned>(id);
}

Result<void> try_ring_buffer(Host& host) {
    const Descriptor ring{bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sp_probe", 0, 0,
                                         static_cast<unsigned>(getpagesize()), nullptr)};
    if (!ring) return refusal("creating a ring buffer", errno, "CONFIG_BPF_SYSCALL");
    host.facts.ring_buffer = true;
    return {};
}

/// An empty cgroup of our own below the root; gone when this is destroyed.
class TrialCgroup {
  public:
    static Result<std::unique_ptr<TrialCgroup>> make(const std::string& root) {
        auto parent = open_cgroup_root(root);
        if (!parent) return parent.error();
        auto made = std::make_unique<TrialCgroup>();
        const auto name = fmt::format("synpol-probe-{}", getpid());
        if (mkdirat(parent->get(), name.c_str(), 0700) != 0)
            return Error::from_errno("making a cgroup to try in", errno);
        made->parent_ = std::move(*parent);
        made->name_ = name;
        made->folder = Descriptor{
            openat(made->parent_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        return made;
    }
    ~TrialCgroup() {
        if (parent_) unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR);
    }

    Descriptor folder;

  private:
    Descriptor parent_;
    std::string name_;
};

struct SocketHook {
    bpf_prog_type type;
    bpf_attach_type attach;
};
constexpr std::array socket_hooks{
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG},
    SocketHook{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE}};

Result<void> try_socket_hook(const SocketHook& hook, int cgroup) {
    constexpr std::string_view config = "CONFIG_CGROUP_BPF";
    auto program = load_trial(
        {"a cgroup socket program", config, hook.type, hook.attach, 0, {move(0, 1), leave()}});
    if (!program) return program.error();
    const Descriptor link{bpf_link_create(program->get(), cgroup, hook.attach, nullptr)};
    if (!link) return refusal("attaching a cgroup socket program", errno, config);
    return {};
}

Result<void> try_sock_addr(Host& host) {
    auto cgroup = TrialCgroup::make(host.cgroup_root);
    if (!cgroup) return cgroup.error();
    for (const auto& hook : socket_hooks)
        if (auto tried = try_socket_hook(hook, (*cgroup)->folder.get()); !tried) return tried;
    host.facts.cgroup_sock_addr = true;
    return {};
}

Result<Descriptor> make_task_storage() {
    // The kernel insists on types for key and value of task storage: one int serves as both.
    const Btf types{btf__new_empty(), btf__free};
    const int number = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
    if (number < 0 || btf__load_into_kernel(types.get()) != 0)
        return refusal("loading type information", errno, "CONFIG_DEBUG_INFO_BTF");
    bpf_map_create_opts options{};
    options.sz = sizeof options;
    options.map_flags = BPF_F_NO_PREALLOC;
    options.btf_fd = static_cast<unsigned>(btf__fd(types.get()));
    options.btf_key_type_id = options.btf_value_type_id = static_cast<unsigned>(number);
    Descriptor map{bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "sp_probe", 4, 4, 0, &options)};
    if (!map) return refusal("creating task storage", errno, "CONFIG_BPF_LSM");
    return map;
}

Result<void> try_task_storage(Host& host) {
    auto storage = make_task_storage();
    if (!storage) return storage.error();
    auto program = load_trial(
        {"a cgroup program that uses task storage", "a newer kernel",
         BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 0,
         join({{call(BPF_FUNC_get_current_task_btf), copy(2, 0)},
               load_map(1, BPF_PSEUDO_MAP_FD, storage->get()),
               {move(3, 0), move(4, 0), call(BPF_FUNC_task_storage_get), move(0, 1), leave()}})});
    if (!program) return program.error();
    host.facts.task_storage_in_cgroup = true;
    return {};
}

/// In a network namespace of the calling thread's own, whose only interface is its loopback.
Result<void> try_xdp_here() {
    constexpr std::string_view config = "CONFIG_NET and CONFIG_BPF_JIT";
    constexpr int loopback = 1;
    auto program = load_trial(
        {"an XDP program", config, BPF_PROG_TYPE_XDP, BPF_XDP, 0, {move(0, 2), leave()}});
    if (!program) return program.error();
    if (unshare(CLONE_NEWNET) != 0)
        return refusal("making a network namespace to try XDP in", errno, "CONFIG_NET_NS");
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    options.flags = XDP_FLAGS_SKB_MODE;
    const Descriptor link{bpf_link_create(program->get(), loopback, BPF_XDP, &options)};
    if (!link) return refusal("attaching an XDP program", errno, config);
    return {};
}

Result<void> try_xdp(Host& host) {
    Result<void> tried;
    std::thread{[&tried] { tried = try_xdp_here(); }}.join();
    host.facts.xdp = static_cast<bool>(tried);
    return tried;
}

Result<void> try_sys_enter(Host& host) {
    constexpr int no_such_call = 0x7fffffff; // so that bpf_send_signal is verified but never runs
    constexpr std::string_view config = "CONFIG_FTRACE_SYSCALLS and CONFIG_BPF_EVENTS";
    auto ran = Flag::make();
    if (!ran) return ran.error();
    const auto link = attach_trial({"a raw tracepoint program that sends a signal", config,
                                    BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_CGROUP_INET_INGRESS, 0,
                                    join({{load64(2, 1, 8)},
                                          ran->raise(),
                                          {skip_unless_equal(2, no_such_call, 2), move(1, 0),
                                           call(BPF_FUNC_send_signal), move(0, 0), leave()}})},
                                   "sys_enter");
    if (!link) return link.error();
    getppid();
    if (!ran->is_raised()) return Error{"a program on raw tracepoint sys_enter does not run"};
    host.facts.sys_enter = true;
    return {};
}

Result<void> try_sched_tracepoint(Host& host, const std::string& name) {
    constexpr std::string_view config = "CONFIG_BPF_EVENTS";
    auto id = btf_id(host, "btf_trace_" + name, BTF_KIND_TYPEDEF);
    if (!id) return id.error();
    const auto what = "a tp_btf program for " + name;
    const auto link = attach_trial(
        {what, config, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, *id, {move(0, 0), leave()}});
    if (!link) return link.error();
    return {};
}

Result<void> try_sched_tracepoints(Host& host) {
    for (const auto* name : {"sched_process_exec", "sched_process_fork", "sched_process_exit"})
        if (auto tried = try_sched_tracepoint(host, name); !tried) return tried;
    host.facts.sched_tracepoints = true;
    return {};
}

TrialProgram lsm_program(unsigned id, Instructions instructions) {
    return {"an lsm program",       "CONFIG_BPF_LSM", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, id,
            std::move(instructions)};
}

/// Loads and attaches where "bpf" is not among the active modules, too, but is never called: so the
/// program has to be seen running. getpgid() of a process is a hook that hardly anybody calls.
Result<void> try_lsm_runs(unsigned id) {
    auto ran = Flag::make();
    if (!ran) return ran.error();
    const auto link = attach_trial(lsm_program(id, join({ran->raise(), {move(0, 0), leave()}})));
    if (!link) return link.error();
    if (getpgid(getpid()) < 0 || !ran->is_raised())
        return Error{fmt::format("an lsm program attaches but is not called: bpf is not among the "
                                 "active security modules ({}; boot parameter lsm=)",
                                 active_security_modules())};
    return {};
}

constexpr std::string_view hook_prefix = "bpf_lsm_";

/// By loading a program for each: the kernel's type information also names functions with this
/// prefix that are no hooks, and hooks that no program may use.
std::set<std::string> usable_lsm_hooks(const btf* types) {
    std::set<std::string> hooks;
    for (unsigned id = 1; id < btf__type_cnt(types); ++id) {
        const btf_type* type = btf__type_by_id(types, id);
        if (!btf_is_func(type)) continue;
        const std::string_view name = btf__name_by_offset(types, type->name_off);
        if (name.starts_with(hook_prefix) && load_trial(lsm_program(id, {move(0, 0), leave()})))
            hooks.emplace(name.substr(hook_prefix.size()));
    }
    return hooks;
}

Result<void> try_lsm(Host& host) {
    auto id = btf_id(host, "bpf_lsm_task_getpgid", BTF_KIND_FUNC);
    if (!id) return std::move(id.error()).within("looking for BPF LSM (CONFIG_BPF_LSM)");
    if (auto tried = try_lsm_runs(*id); !tried) return tried;
    host.facts.lsm = true;
    host.facts.lsm_hooks = usable_lsm_hooks(host.btf.get());
    return {};
}

Result<void> try_guard(Host& host) {
    return Guard::check(host.facts);
}

// ---- the table ------------------------------------------------------------------------

struct Trial {
    const char* name;
    Result<void> (*attempt)(Host&);
    std::string Facts::*why; ///< where the plan reads the reason, or null
    const char* meaning;
    const char* otherwise;
};
constexpr std::array trials{
    Trial{"capabilities", try_privileges, nullptr, "the agent may load and attach programs",
          "the agent does not start"},
    Trial{"kernel type information", try_btf, nullptr, "programs fit themselves to this kernel",
          "no program can be loaded: nothing is enforced"},
    Trial{"ring buffer", try_ring_buffer, nullptr, "decisions are recorded",
          "no program can be loaded: nothing is enforced"},
    Trial{"XDP", try_xdp, &Facts::xdp_why,
          "block inbound and limit inbound drop packets before the network stack sees them",
          "block inbound and limit inbound are refused"},
    Trial{"cgroup socket programs", try_sock_addr, &Facts::cgroup_why,
          "deny connect and deny bind refuse, also where BPF LSM is missing",
          "connect and bind rules need BPF LSM, and TCP Fast Open escapes connect rules"},
    Trial{"BPF LSM", try_lsm, &Facts::lsm_why, "every action is refused before its effect",
          "only what other carriers see is enforced, see the table of actions"},
    Trial{"sys_enter raw tracepoint", try_sys_enter, &Facts::sys_enter_why,
          "kill syscall ends the process and audit syscall records",
          "kill syscall needs BPF LSM, audit syscall is refused"},
    Trial{"scheduler tracepoints", try_sched_tracepoints, &Facts::sched_why,
          "what is known of a process is kept current at exec and fork",
          "what is known of a process is read anew at its next action"},
    Trial{"task storage in cgroup programs", try_task_storage, nullptr,
          "connect and bind rules remember what a process is",
          "connect and bind rules read anew what a process is, each time: slower, equally exact"},
    Trial{"guard", try_guard, nullptr,
          "nobody but the agent and an authorised synpol touches what enforces, root neither",
          "root can end what is enforced, and the agent, by other ways than `synpol stop`"},
};

ProbeItem run(const Trial& trial, Host& host) {
    const auto tried = trial.attempt(host);
    const std::string why = tried ? std::string{} : tried.error().message();
    if (trial.why != nullptr) host.facts.*trial.why = why;
    const auto* meaning = tried ? trial.meaning : trial.otherwise;
    return {trial.name, static_cast<bool>(tried), why, meaning};
}

} // namespace

HostProbe probe_host(const std::string& cgroup_root) {
    const LibbpfLog quiet;
    Host host;
    host.cgroup_root = cgroup_root;
    utsname name{};
    if (uname(&name) == 0) host.facts.kernel = name.release;
    HostProbe probe;
    for (const auto& trial : trials) probe.items.push_back(run(trial, host));
    probe.facts = std::move(host.facts);
    return probe;
}

} // namespace synpol
