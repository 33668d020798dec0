// SPDX-License-Identifier: Apache-2.0
#include "policy/set_kinds.h"

#include <fmt/format.h>

#include "policy/catalogues.h"
#include "policy/glob.h"

namespace synpol {
namespace {

/// The text of a value without the quotes of a string.
std::string plain(const ast::Value& value) {
    if (value.kind != ast::ValueKind::string) return std::string{value.word.text};
    std::string text;
    const std::string_view quoted = value.word.text;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] == '\\') ++i;
        text += quoted[i];
    }
    return text;
}

Code code_of_range(const std::string& message, Code otherwise) {
    return message.find("before it starts") != std::string::npos ? Code::bad_range : otherwise;
}

/// Why an @name has no members of the wanted type.
void explain_catalogue(std::string_view text, CatalogueType wanted, LiteralError& error) {
    const auto* other = find_catalogue(text.substr(1));
    if (other != nullptr) {
        error.code = Code::wrong_set_type;
        error.message = fmt::format("this names {}, and {} are needed here", noun_of(other->type),
                                    noun_of(wanted));
        return;
    }
    error.code = Code::unknown_group;
    error.message = fmt::format("there is no {} of {} called `{}`",
                                wanted == CatalogueType::syscalls ? "group" : "catalogue",
                                noun_of(wanted), text);
    error.suggestions = catalogue_names(wanted);
}

} // namespace

std::optional<PathSet> PathKind::literal(const ast::Value& value, AccountNames&,
                                         LiteralError& error) {
    if (value.kind == ast::ValueKind::name && value.word.text == "memfd") {
        return PathSet::glob(Glob{std::string{memfd_glob}});
    }
    if (value.kind == ast::ValueKind::catalog) {
        const std::string_view text = value.word.text;
        auto set = path_catalogue(text.substr(1));
        if (!set) explain_catalogue(text, CatalogueType::paths, error);
        return set;
    }
    if (value.kind != ast::ValueKind::path && value.kind != ast::ValueKind::string) return {};
    error.code = Code::bad_path;
    return parse_path_item(plain(value), error.message);
}

std::optional<AddressSet> AddressKind::literal(const ast::Value& value, AccountNames&,
                                               LiteralError& error) {
    if (value.kind != ast::ValueKind::address) return {};
    auto set = parse_address_range(value.word.text, error.message);
    error.code = code_of_range(error.message, Code::bad_address);
    return set;
}

std::optional<PortSet> PortKind::literal(const ast::Value& value, AccountNames&,
                                         LiteralError& error) {
    if (value.kind != ast::ValueKind::number) return {};
    auto set = parse_port_item(value.word.text, error.message);
    error.code = code_of_range(error.message, Code::bad_number);
    return set;
}

std::optional<SyscallSet> SyscallKind::literal(const ast::Value& value, AccountNames&,
                                               LiteralError& error) {
    const auto& table = SyscallTable::instance();
    const std::string_view text = value.word.text;
    if (value.kind == ast::ValueKind::string) { // for names that are no words: "_newselect"
        if (auto set = table.find(plain(value))) return set;
        error.code = Code::unknown_syscall;
        error.message = fmt::format("there is no system call called `{}`", plain(value));
        return {};
    }
    if (value.kind == ast::ValueKind::catalog) {
        if (auto set = table.group(text.substr(1))) return set;
        explain_catalogue(text, CatalogueType::syscalls, error);
        return {};
    }
    if (value.kind != ast::ValueKind::name) return {};
    if (auto set = table.find(text)) return set;
    error.code = Code::unknown_syscall;
    error.message = fmt::format("there is no system call and no set of them called `{}`", text);
    error.suggestions = table.names();
    return {};
}

template <AccountKind kind>
std::optional<IdSet> AccountSetKind<kind>::literal(const ast::Value& value, AccountNames& names,
                                                   LiteralError& error) {
    if (value.kind == ast::ValueKind::number) {
        auto set = parse_id_item(value.word.text, error.message);
        error.code = code_of_range(error.message, Code::bad_number);
        return set;
    }
    if (value.kind != ast::ValueKind::name && value.kind != ast::ValueKind::string) return {};
    const std::string name = plain(value);
    // A name that the host does not have is no error: SetResolver reports it.
    const auto id = kind == AccountKind::user ? names.user(name) : names.group(name);
    return IdSet::single(*id);
}

template struct AccountSetKind<AccountKind::user>;
template struct AccountSetKind<AccountKind::group>;

} // namespace synpol
