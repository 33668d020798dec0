// SPDX-License-Identifier: Apache-2.0
// The table of carriers and the data about hooks: every action, outcome and call has its row.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "compiler/carriers.h"
#include "compiler/syscall_hooks.h"
#include "compiler/tsv.h"

using namespace synpol;

namespace {

std::string read_text(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// What SP_HOOK(...) and its relatives name, and the hooks with programs of their own.
std::set<std::string> hooks_of_bpf() {
    std::set<std::string> hooks = {"socket_connect", "socket_bind"};
    std::istringstream lines{read_text("bpf/lsm_hooks.h")};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("SP_HOOK")) continue;
        const auto open = line.find('(');
        hooks.insert(line.substr(open + 1, line.find_first_of(",)") - open - 1));
    }
    return hooks;
}

std::set<std::string> every_hook() {
    const auto hooks = refusal_hooks();
    return {hooks.begin(), hooks.end()};
}

Refusal refuse(Abi abi, std::string_view name, const std::set<std::string>& without = {}) {
    auto hooks = every_hook();
    for (const auto& hook : without) hooks.erase(hook);
    return refuse_call(abi, SyscallTable::instance().number(abi, name).value(), hooks);
}

} // namespace

TEST_CASE("each action and outcome has a carrier that must be there", "[unit][compiler]") {
    for (std::size_t number = 0; number < action_count; ++number) {
        const auto action = static_cast<Action>(number);
        if (action == Action::outbound) continue; // counted, and never refused
        for (const Outcome outcome : {Outcome::audit, Outcome::deny, Outcome::kill}) {
            if (action == Action::inbound && outcome == Outcome::kill) continue;
            const auto rows = carrier_rows();
            INFO(static_cast<int>(action) << " " << static_cast<int>(outcome));
            const auto first = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
                return row.action == action && row.outcome == outcome;
            });
            REQUIRE(first != rows.end());
            REQUIRE(first->required);
            const auto expected = outcome == Outcome::audit  ? Strength::record
                                  : outcome == Outcome::deny ? Strength::refuse
                                                             : Strength::kill;
            REQUIRE(first->strength == expected);
            REQUIRE_FALSE(carrier_fact(first->carrier).name.empty());
        }
    }
}

TEST_CASE("files have carriers, and each member of write attaches to its hooks alone",
          "[unit][compiler]") {
    auto later = Facts::full();
    later.lsm_hooks.insert({"file_truncate", "inode_set_acl", "inode_remove_acl"});
    const auto needed = [&later](Action action, const WriteMembers& members) {
        std::set<std::string> points;
        for (const auto& row : carrier_rows()) {
            if (row.action != action || row.outcome != Outcome::deny) continue;
            REQUIRE(row.required);
            const auto use = use_of(row, later, members);
            REQUIRE_FALSE(use.why_not);
            points.insert(use.attach.begin(), use.attach.end());
        }
        return points;
    };
    const auto only = [](WriteMember member) {
        return WriteMembers::single(static_cast<std::uint16_t>(member));
    };
    using Points = std::set<std::string>;
    CHECK(needed(Action::write, only(WriteMember::chmod)) == Points{"lsm/path_chmod"});
    CHECK(needed(Action::write, only(WriteMember::truncate)) ==
          Points{"lsm/path_truncate", "lsm/file_truncate"});
    CHECK(needed(Action::write, only(WriteMember::contents)).contains("lsm/path_rename"));
    CHECK_FALSE(needed(Action::write, only(WriteMember::delete_)).contains("lsm/file_open"));
    CHECK(needed(Action::exec, {}).contains("lsm/bprm_check_security"));
    CHECK(needed(Action::read, {}).contains("lsm/file_receive"));
    Points all;
    for (std::size_t member = 0; member < write_member_count; ++member)
        all.merge(needed(Action::write, only(static_cast<WriteMember>(member))));
    CHECK(all == needed(Action::write, all_write_members()));
    for (const auto& row : carrier_rows()) {
        if (row.action != Action::write) continue;
        const auto use = use_of(row, Facts::full(), only(WriteMember::truncate));
        CHECK(use.attach == std::vector<std::string>{"lsm/path_truncate"});
    }
}

TEST_CASE("every call of the measured table has a defined class and a result", "[unit][compiler]") {
    std::map<Refusal::Kind, std::size_t> counts;
    const auto text = read_text("compiler/data/syscall-lsm-hooks.tsv");
    for (const auto& row : read_tsv(text)) {
        INFO(row[1]);
        REQUIRE(row.size() == 8);
        REQUIRE(is_refusal_class(row[4]));
        REQUIRE(SyscallTable::instance().number(Abi::x86_64, row[1]) ==
                static_cast<std::uint32_t>(std::stoul(std::string{row[0]})));
        const auto refusal = refuse(Abi::x86_64, row[1]);
        ++counts[refusal.kind];
        const bool refusable =
            refusal.kind == Refusal::Kind::full || refusal.kind == Refusal::Kind::gaps;
        REQUIRE(refusable == !refusal.hooks.empty());
        const bool explained =
            refusal.kind == Refusal::Kind::gaps || refusal.kind == Refusal::Kind::impossible;
        REQUIRE(explained == !refusal.why.empty());
    }
    REQUIRE(counts[Refusal::Kind::full] > 180);
    REQUIRE(counts[Refusal::Kind::impossible] > 120);
}

TEST_CASE("every named call of every ABI has a result", "[unit][compiler]") {
    const auto& table = SyscallTable::instance();
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        for (const auto name : table.names()) {
            if (!table.number(abi, name)) continue;
            INFO(name_of(abi) << " " << name);
            REQUIRE_NOTHROW(refuse(abi, name));
        }
    }
}

TEST_CASE("a call that only i386 has is mapped, and to calls that exist", "[unit][compiler]") {
    const auto& table = SyscallTable::instance();
    std::map<std::string, std::string> mapped;
    const auto text = read_text("compiler/data/i386-equivalents.tsv");
    for (const auto& row : read_tsv(text)) {
        INFO(row[0]);
        REQUIRE(row.size() == 3);
        REQUIRE(table.number(Abi::i386, row[0]));
        mapped.emplace(row[0], row[1]);
        if (row[1] == "none" || row[1] == "n/a") continue;
        for (const auto call : split_text(row[1], '+')) {
            INFO(call);
            REQUIRE(table.number(Abi::x86_64, call));
        }
    }
    for (const auto name : table.names()) {
        if (table.number(Abi::x86_64, name)) continue;
        INFO(name);
        REQUIRE(mapped.contains(std::string{name}));
    }
}

TEST_CASE("corrections name calls, classes and give a reason", "[unit][compiler]") {
    const auto text = read_text("compiler/data/hook-corrections.tsv");
    for (const auto& row : read_tsv(text)) {
        INFO(row[0]);
        REQUIRE(row.size() == 4);
        REQUIRE(SyscallTable::instance().number(Abi::x86_64, row[0]));
        REQUIRE(is_refusal_class(row[2]));
        REQUIRE_FALSE(row[3].empty());
    }
}

TEST_CASE("the BPF side has a program for every hook that a plan can name", "[unit][compiler]") {
    const auto there = hooks_of_bpf();
    for (const auto& hook : refusal_hooks()) {
        INFO(hook);
        REQUIRE(there.contains(hook));
    }
}

TEST_CASE("hooks whose refusal does harm are never used", "[unit][compiler]") {
    const auto hooks = every_hook();
    for (const auto* harmful :
         {"msg_queue_msgrcv", "cred_prepare", "file_receive", "inode_alloc_security"}) {
        INFO(harmful);
        REQUIRE_FALSE(hooks.contains(harmful));
    }
    REQUIRE(refuse(Abi::x86_64, "execve").hooks == std::set<std::string>{"bprm_check_security"});
    REQUIRE(refuse(Abi::x86_64, "msgrcv").hooks == std::set<std::string>{"ipc_permission"});
}

TEST_CASE("the allocation of a file is refused only where its errno comes through",
          "[unit][compiler]") {
    const auto& table = SyscallTable::instance();
    std::set<std::string> calls;
    for (const auto name : table.names()) {
        if (!table.number(Abi::x86_64, name)) continue;
        if (refuse(Abi::x86_64, std::string{name}).hooks.contains("file_alloc_security"))
            calls.emplace(name);
    }
    REQUIRE(calls ==
            std::set<std::string>{"creat", "open", "open_by_handle_at", "openat", "openat2"});
}

TEST_CASE("the newest hook that the kernel has is chosen", "[unit][compiler]") {
    REQUIRE(refuse(Abi::x86_64, "ftruncate").hooks == std::set<std::string>{"file_truncate"});
    REQUIRE(refuse(Abi::x86_64, "ftruncate", {"file_truncate"}).hooks ==
            std::set<std::string>{"path_truncate"});
    REQUIRE(refuse(Abi::x86_64, "io_uring_setup").kind == Refusal::Kind::full);
    const auto older = refuse(Abi::x86_64, "io_uring_setup", {"uring_allowed"});
    REQUIRE(older.kind == Refusal::Kind::impossible);
    REQUIRE(older.why == "this kernel has no hook uring_allowed");
}

TEST_CASE("all hooks of a call are needed", "[unit][compiler]") {
    REQUIRE(refuse(Abi::x86_64, "shmget").hooks ==
            std::set<std::string>{"shm_alloc_security", "shm_associate"});
    REQUIRE(refuse(Abi::x86_64, "shmget", {"shm_associate"}).kind == Refusal::Kind::impossible);
}

TEST_CASE("a hook that came with its call is not missed", "[unit][compiler]") {
    REQUIRE(refuse(Abi::x86_64, "file_getattr", {"inode_file_getattr"}).kind ==
            Refusal::Kind::nothing);
    REQUIRE(refuse(Abi::i386, "ioctl").hooks ==
            std::set<std::string>{"file_ioctl", "file_ioctl_compat"});
    REQUIRE(refuse(Abi::i386, "ioctl", {"file_ioctl_compat"}).kind == Refusal::Kind::full);
}

TEST_CASE("i386 callers meet the hooks of the x86-64 call", "[unit][compiler]") {
    REQUIRE(refuse(Abi::i386, "execve") == refuse(Abi::x86_64, "execve"));
    REQUIRE(refuse(Abi::i386, "chown32") == refuse(Abi::x86_64, "chown"));
    REQUIRE(refuse(Abi::i386, "umount") == refuse(Abi::x86_64, "umount2"));
    REQUIRE(refuse(Abi::x32, "execve") == refuse(Abi::x86_64, "execve"));
    REQUIRE(refuse(Abi::x86_64, "set_thread_area").kind == Refusal::Kind::nothing);
    REQUIRE(refuse(Abi::i386, "set_thread_area").kind == Refusal::Kind::impossible);
    const auto sockets = refuse(Abi::i386, "socketcall");
    REQUIRE(sockets.kind == Refusal::Kind::full);
    REQUIRE(sockets.hooks.contains("socket_listen"));
    const auto ipc = refuse(Abi::i386, "ipc");
    REQUIRE(ipc.kind == Refusal::Kind::gaps);
    REQUIRE(ipc.why == "through it no hook sees shmdt");
}

TEST_CASE("a number without a name is nothing to refuse", "[unit][compiler]") {
    REQUIRE(refuse_call(Abi::x86_64, 400, every_hook()).kind == Refusal::Kind::nothing);
    REQUIRE(refuse_call(Abi::x32, 1023, every_hook()).kind == Refusal::Kind::nothing);
}
