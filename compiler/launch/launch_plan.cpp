// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/launch_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compiler/launch/flow_ports.h"
#include "compiler/launch/landlock_rights.h"
#include "compiler/launch/member_calls.h"
#include "compiler/launch/read_only_view.h"
#include "compiler/launch/socket_calls.h"
#include "compiler/launch/terminal_calls.h"
#include "compiler/seccomp/call_rules.h"

namespace synpol {

namespace {

using State = LaunchRow::State;

// What libc and programs expect of a file or a socket that they may not have.
constexpr int error_eperm = 1;
constexpr int error_eacces = 13;

constexpr Ways attribute_ways =
    way_of(WriteMember::chmod) | way_of(WriteMember::chown) | way_of(WriteMember::xattr);

constexpr std::string_view use_agent = "leave it to the agent: synpol apply";

class Planner {
  public:
    Planner(const BoxSet& boxes, const LaunchInputs& inputs, FileTree& tree)
        : boxes_{boxes}, inputs_{inputs}, tree_{tree} {}

    LaunchPlan run() {
        look_at_rules();
        auto calls = call_policy(boxes_, {inputs_.subject, {Action::read, Action::write}});
        plan_.calls = std::move(calls.policy);
        for (const auto& left : calls.left)
            if (!is_elsewhere(calls, left.rule)) note_left(left);
        for (const auto& carriage : calls.actions) take(carriage);
        plan_files();
        const bool confines = plan_.files.handled != 0 || plan_.net.handled != 0;
        if (confines || !(plan_.calls == CallPolicy{})) {
            refuse_terminal_input(error_eperm, plan_.calls);
            plan_.needs_filter = true;
        }
        std::stable_sort(plan_.gaps.begin(), plan_.gaps.end(),
                         [](const Gap& a, const Gap& b) { return a.kind < b.kind; });
        return std::move(plan_);
    }

  private:
    void gap(std::string what, std::string why, std::string help) {
        plan_.gaps.push_back({Gap::Kind::open, std::move(what), std::move(why), std::move(help)});
    }

    const Rule& rule(std::uint32_t index) const { return boxes_.model.rules[index]; }

    // ---- rules that no launch can carry --------------------------------------------------------

    /// Records, counts and packets have no carrier in the process itself.
    void look_at_rules() {
        std::set<std::uint32_t> seen;
        for (const auto& box : boxes_.boxes) {
            const auto& found = rule(box.rule);
            if (!seen.insert(box.rule).second) continue;
            if (is_packet(found.action))
                gap(found.name, "packets have no process", std::string{use_agent});
            else if (!speaks_of(boxes_, box, inputs_.subject))
                seen.erase(box.rule); // another box of it may
            else if (stage_of(box.area) != Stage::rule)
                gap(found.name, "nothing counts in a process that is started",
                    std::string{use_agent});
            else if (outcome_of(found) == Outcome::audit && found.action != Action::syscall)
                gap(found.name, "nothing records in a process that is started",
                    std::string{use_agent});
        }
    }

    /// take_elsewhere() looks for another carrier of such a rule.
    static bool is_elsewhere(const CallRules& calls, std::uint32_t rule) {
        return std::any_of(calls.actions.begin(), calls.actions.end(), [&](const auto& carriage) {
            return carriage.kind == CallCarriage::Kind::elsewhere &&
                   std::binary_search(carriage.rules.begin(), carriage.rules.end(), rule);
        });
    }

    void note_left(const LeftRule& left) {
        const auto& found = rule(left.rule);
        if (has_path(found.action)) return; // files are Landlock's, which applies such a rule
        gap(found.name, left.why, std::string{use_agent});
    }

    // ---- system calls --------------------------------------------------------------------------

    void take(const CallCarriage& carriage) {
        using Kind = CallCarriage::Kind;
        const auto action = carriage.action;
        if (action == Action::read || action == Action::write) return;
        if (action == Action::exec && carriage.kind != Kind::closed) return;
        LaunchRow row{std::string{name_of(action)}, State::permitted, {}, carriage.open};
        if (carriage.kind == Kind::closed) row.state = State::refused;
        if (carriage.kind == Kind::exact) row.state = State::listed;
        if (row.state != State::permitted) row.carriers = {"seccomp"};
        if (carriage.kind == Kind::elsewhere && refuses(carriage)) {
            row.state = State::listed;
            take_elsewhere(carriage, row);
        }
        if (carriage.kind == Kind::closed && action == Action::exec) let_launcher_execute();
        if (carriage.kind == Kind::closed && action == Action::signal) scope_signals();
        plan_.rows.push_back(std::move(row));
    }

    bool refuses(const CallCarriage& carriage) const {
        return std::any_of(carriage.rules.begin(), carriage.rules.end(), [&](std::uint32_t index) {
            return outcome_of(rule(index)) >= Outcome::deny;
        });
    }

    /// The launcher's own execve is not in the policy: the filter lets execve through, and the
    /// launcher refuses every later one.
    void let_launcher_execute() {
        const auto number = SyscallTable::instance().number(Abi::x86_64, "execve");
        const auto before = plan_.calls.at(Abi::x86_64, *number).otherwise;
        plan_.exec_once_errno = before.kind == CallAction::Kind::error ? before.data : error_eperm;
        if (before.kind != CallAction::Kind::error)
            gap("exec", "a program that executes another is refused, not ended", "say `deny exec`");
        plan_.calls.set(Abi::x86_64, *number, CallDecision{CallAction{}});
        elsewhere_ |= way_exec;
    }

    /// Also what sends signals without a call of that kind: the owner of a file, a terminal.
    void scope_signals() {
        if (inputs_.landlock_abi >= landlock_scope_abi) plan_.net.scoped |= landlock_scope_signal;
    }

    void take_elsewhere(const CallCarriage& carriage, LaunchRow& row) {
        const auto action = carriage.action;
        if (action == Action::connect && take_ports(action, landlock_connect_tcp, row)) return;
        if (action == Action::bind && take_ports(action, landlock_bind_tcp, row)) return;
        if (action == Action::listen && listens_follow_binds()) {
            row.carriers = {"Landlock"};
            row.open = "a socket that is not bound listens at a port that the kernel chooses";
            return;
        }
        for (const auto index : carriage.rules)
            if (outcome_of(rule(index)) >= Outcome::deny)
                gap(rule(index).name, reason_for(action), help_for(action));
    }

    static std::string reason_for(Action action) {
        if (has_flow(action))
            return "Landlock decides TCP by port and knows no addresses, and seccomp sees neither";
        return fmt::format("no carrier of a started process tells the objects of {} apart",
                           name_of(action));
    }

    static std::string help_for(Action action) {
        if (has_flow(action))
            return "permit ports with any address, refuse all of it, or leave it to the agent";
        return fmt::format("permit or refuse all of {}, or leave it to the agent", name_of(action));
    }

    bool take_ports(Action action, std::uint64_t right, LaunchRow& row) {
        const auto ports = flow_ports(boxes_, inputs_.subject, action);
        if (!ports.tcp_by_port || inputs_.landlock_abi < landlock_net_abi) return false;
        if (!ports.only_tcp && !ports.others_free && !narrow_to_tcp(action)) return false;
        if (ports.tcp != PortSet::all()) plan_.net.handled |= right;
        for (const auto& [first, last] : ports.tcp.intervals())
            for (std::uint32_t port = first; (plan_.net.handled & right) && port <= last; ++port)
                grant(port, right);
        row.carriers = {"Landlock"};
        if (ports.only_tcp || !ports.others_free) {
            refuse_other_sockets(error_eacces, plan_.calls);
            row.carriers.emplace_back("seccomp");
        } else {
            row.open = "Multipath TCP is not seen";
        }
        return true;
    }

    /// UDP and others by port are nobody's, so that they are refused as a whole, unless some flow
    /// of them is free.
    bool narrow_to_tcp(Action action) {
        for (const auto flow : {Action::connect, Action::bind})
            if (flow_ports(boxes_, inputs_.subject, flow).others_free) return false;
        plan_.gaps.push_back({Gap::Kind::narrow, fmt::format("{} of UDP", name_of(action)),
                              "only TCP is decided by port; sockets of other protocols are refused",
                              "say `tcp` if that is meant"});
        return true;
    }

    void grant(std::uint32_t port, std::uint64_t right) {
        const auto found = std::lower_bound(
            plan_.net.grants.begin(), plan_.net.grants.end(), port,
            [](const PortGrant& one, std::uint32_t wanted) { return one.port < wanted; });
        if (found != plan_.net.grants.end() && found->port == port)
            found->rights |= right;
        else
            plan_.net.grants.insert(found, {static_cast<std::uint16_t>(port), right});
    }

    /// Who may bind only some ports listens only there, but for ports that the kernel chooses.
    bool listens_follow_binds() const {
        const auto listens = flow_ports(boxes_, inputs_.subject, Action::listen);
        const auto binds = flow_ports(boxes_, inputs_.subject, Action::bind);
        return (plan_.net.handled & landlock_bind_tcp) && listens.tcp_by_port &&
               binds.tcp_by_port && (binds.tcp - listens.tcp).empty();
    }

    // ---- files ---------------------------------------------------------------------------------

    void plan_files() {
        const auto files = file_ways(boxes_, inputs_.subject);
        const auto reach = PathReach::make(files);
        if (!reach) return gap("files", reach.error().message(), "use fewer or simpler patterns");
        const auto closed = static_cast<Ways>(reach->closed() & ways_by_calls());
        refuse_ways(closed, error_eperm, plan_.calls);
        elsewhere_ |= closed;
        constexpr Ways no_file_changes = way_of(WriteMember::contents) |
                                         way_of(WriteMember::create) |
                                         way_of(WriteMember::truncate);
        if (inputs_.landlock_abi < landlock_truncate_abi &&
            (reach->closed() & no_file_changes) == no_file_changes &&
            refuse_truncation(error_eacces, plan_.calls))
            elsewhere_ |= way_of(WriteMember::truncate);
        const auto by_mounts = static_cast<Ways>(reach->restricted() & attribute_ways & ~closed);
        if (inputs_.mounts) elsewhere_ |= by_mounts;
        LandlockOptions options;
        options.abi = inputs_.landlock_abi;
        options.elsewhere = elsewhere_;
        options.needed = inputs_.needed;
        plan_.files = landlock_files(files, *reach, tree_, options);
        if (by_mounts != 0 && inputs_.mounts) plan_mounts(files, *reach, by_mounts);
        if (plan_.files.handled & landlock_execute)
            refuse_executable_memfd(error_eacces, plan_.calls);
        plan_.gaps.insert(plan_.gaps.end(), plan_.files.gaps.begin(), plan_.files.gaps.end());
        for (std::size_t way = 0; way < way_count; ++way) add_row(*reach, way, by_mounts);
    }

    void plan_mounts(const FileWays& files, const PathReach& reach, Ways by_mounts) {
        auto places = writable_places(files, reach, tree_, by_mounts, plan_.files);
        plan_.needs_mounts = true;
        plan_.writable = std::move(places.paths);
        for (auto& found : places.gaps) plan_.gaps.push_back(std::move(found));
        const auto number = SyscallTable::instance().number(Abi::x86_64, "mount_setattr");
        const bool undone =
            number && plan_.calls.at(Abi::x86_64, *number) == CallDecision{CallAction{}};
        if (undone && inputs_.subject.user == std::uint32_t{0})
            gap("chmod, chown, xattr", "root can undo the read-only mounts that carry them",
                "refuse `mount`, too");
    }

    void add_row(const PathReach& reach, std::size_t way, Ways by_mounts) {
        const auto bit = static_cast<Ways>(1u << way);
        if (bit == way_exec && plan_.exec_once_errno != 0) return; // has its row
        LaunchRow row{std::string{name_of_way(way)}, State::permitted, {}, {}};
        if (reach.restricted() & bit) {
            row.state = reach.closed() & bit ? State::refused : State::listed;
            const auto& carried = landlock_ways()[way];
            const bool by_landlock = !(elsewhere_ & bit) && carried.rights != 0 &&
                                     (carried.rights & ~plan_.files.handled) == 0;
            if (by_landlock) row.carriers.emplace_back("Landlock");
            if (by_landlock && row.state == State::listed) row.open = carried.open;
            if (elsewhere_ & bit) row.carriers.emplace_back(by_mounts & bit ? "mounts" : "seccomp");
        }
        plan_.rows.push_back(std::move(row));
    }

    const BoxSet& boxes_;
    const LaunchInputs& inputs_;
    FileTree& tree_;
    LaunchPlan plan_;
    Ways elsewhere_ = 0;
};

} // namespace

std::string_view name_of(LaunchRow::State state) {
    switch (state) {
    case State::permitted:
        return "permitted";
    case State::refused:
        return "refused";
    case State::listed:
        break;
    }
    return "in part";
}

LaunchPlan plan_launch(const BoxSet& boxes, const LaunchInputs& inputs, FileTree& tree) {
    return Planner{boxes, inputs, tree}.run();
}

} // namespace synpol
