// SPDX-License-Identifier: Apache-2.0
// What differs between the types of sets, one struct each: which words are values, and what they
// mean.
#pragma once

#include <string>
#include <string_view>

#include "policy/account_names.h"
#include "policy/ast.h"
#include "policy/codes.h"
#include "policy/list_reader.h"
#include "policy/literals.h"
#include "policy/syscall_table.h"

namespace synpol {

/// Why a word is no value of the type.
struct LiteralError {
    Code code = Code::wrong_set_type;
    std::string message; ///< empty: a word of another type
    std::vector<std::string_view> suggestions;
};

struct PathKind {
    using Set = PathSet;
    static constexpr ast::SetType type = ast::SetType::paths;
    static constexpr std::string_view noun = "paths";
    static Set any() { return PathSet::any(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error);
    static Set list(std::string_view text, AccountNames&, ListReport& report) {
        return read_path_list(text, report);
    }
};

struct AddressKind {
    using Set = AddressSet;
    static constexpr ast::SetType type = ast::SetType::addrs;
    static constexpr std::string_view noun = "addresses";
    static Set any() { return AddressSet::all(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error);
    static Set list(std::string_view text, AccountNames&, ListReport& report) {
        return read_address_list(text, report);
    }
};

struct PortKind {
    using Set = PortSet;
    static constexpr ast::SetType type = ast::SetType::ports;
    static constexpr std::string_view noun = "ports";
    static Set any() { return PortSet::all(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error);
    static Set list(std::string_view text, AccountNames&, ListReport& report) {
        return read_port_list(text, report);
    }
};

struct SyscallKind {
    using Set = SyscallSet;
    static constexpr ast::SetType type = ast::SetType::syscalls;
    static constexpr std::string_view noun = "system calls";
    static Set any() { return all_syscalls(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error);
    static Set list(std::string_view text, AccountNames&, ListReport& report) {
        return read_syscall_list(text, report);
    }
};

/// A set of accounts means users after `user` and groups after `group`.
template <AccountKind kind>
struct AccountSetKind {
    using Set = IdSet;
    static constexpr ast::SetType type = ast::SetType::users;
    static constexpr std::string_view noun = kind == AccountKind::user ? "users" : "groups";
    static Set any() { return IdSet::all(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error);
    static Set list(std::string_view text, AccountNames& names, ListReport& report) {
        return read_account_list(text, kind, names, report);
    }
    /// Those of the host, for "did you mean".
    static std::vector<std::string> accounts(NameService& host) {
        return kind == AccountKind::user ? host.user_names() : host.group_names();
    }
};
using UserKind = AccountSetKind<AccountKind::user>;
using GroupKind = AccountSetKind<AccountKind::group>;

/// For a set of accounts that nobody uses, so that nothing says which of the two it means.
struct EitherKind {
    using Set = IdSet;
    static constexpr ast::SetType type = ast::SetType::users;
    static constexpr std::string_view noun = "users or groups";
    static Set any() { return IdSet::all(); }
    static std::optional<Set> literal(const ast::Value& value, AccountNames& names,
                                      LiteralError& error) {
        LiteralError ignored;
        auto group = GroupKind::literal(value, names, ignored);
        if (group && names.take_unresolved().empty()) return group;
        return UserKind::literal(value, names, error);
    }
    static Set list(std::string_view text, AccountNames& names, ListReport& report) {
        ListReport as_groups;
        auto groups = GroupKind::list(text, names, as_groups);
        if (as_groups.error_count != 0 || !names.take_unresolved().empty()) {
            return UserKind::list(text, names, report);
        }
        report = as_groups;
        return groups;
    }
    static std::vector<std::string> accounts(NameService& host) {
        auto names = host.user_names();
        for (auto& name : host.group_names()) names.push_back(std::move(name));
        return names;
    }
};

} // namespace synpol
