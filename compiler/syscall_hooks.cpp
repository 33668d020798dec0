// SPDX-License-Identifier: Apache-2.0
// The tables are ours and a test reads every row, so a malformed one is our own bug (an assertion).
#include "compiler/syscall_hooks.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "bpf/abi.h"
#include "compiler/tsv.h"

namespace synpol {

static_assert(syscalls_per_abi == SP_SYSCALLS_PER_ABI && syscall_unknown == SP_SYSCALL_UNKNOWN &&
              syscall_keys == SP_SYSCALL_KEYS && abi_count == SP_ABI_COUNT);

namespace data {
extern const std::string_view syscall_lsm_hooks;
extern const std::string_view hook_corrections;
extern const std::string_view i386_equivalents;
} // namespace data

namespace {

/// What a class of the table means for `deny syscall`.
struct RefusalClass {
    std::string_view name;
    Refusal::Kind kind;
    std::string_view why; ///< "": the row's own words
};

constexpr RefusalClass classes[] = {
    {"specific", Refusal::Kind::full, ""},
    {"specific+walk", Refusal::Kind::full, ""},
    {"path-walk", Refusal::Kind::full, ""},
    {"capable-only", Refusal::Kind::full, ""},
    {"partial", Refusal::Kind::gaps, ""},
    // By call number such a hook would refuse exactly, but it runs for every file or credential
    // that anybody makes, and several of them turn the refusal into ENOMEM, ENFILE or ENOSPC.
    {"alloc-only", Refusal::Kind::impossible, "only an allocation inside them could fail"},
    {"silent", Refusal::Kind::impossible, "they report no error, whatever a hook says"},
    {"none", Refusal::Kind::impossible, "no LSM hook sees them"},
    {"n/a", Refusal::Kind::nothing, ""},
};

const RefusalClass* find_class(std::string_view name) {
    const auto found = std::find_if(std::begin(classes), std::end(classes),
                                    [name](const auto& row) { return row.name == name; });
    return found == std::end(classes) ? nullptr : found;
}

/// One place where a call must be refused: the newest of these hooks that the kernel has.
struct HookTerm {
    std::vector<std::string> alternatives; ///< oldest first
    bool optional = false;                 ///< its absence leaves no gap
};

struct HookRow {
    const RefusalClass* refusal = nullptr;
    std::vector<HookTerm> terms;
    std::string_view words;
};

/// Without remarks in parentheses, which may hold separators: "(6.2+)", "(O_PATH)".
std::string without_remarks(std::string_view text) {
    std::string plain;
    for (std::size_t depth = 0; const char c : text) {
        if (c == '(') ++depth;
        if (depth == 0) plain.push_back(c);
        if (c == ')') --depth;
    }
    return plain;
}

/// "a+b", "a|b(6.2+)", "a?" or "-".
std::vector<HookTerm> parse_terms(std::string_view text) {
    std::vector<HookTerm> terms;
    if (text == "-") return terms;
    const auto plain = without_remarks(text);
    for (auto part : split_text(plain, '+')) {
        HookTerm term;
        term.optional = part.ends_with('?');
        if (term.optional) part.remove_suffix(1);
        for (const auto hook : split_text(part, '|')) term.alternatives.emplace_back(hook);
        terms.push_back(std::move(term));
    }
    return terms;
}

class HookTable {
  public:
    HookTable() {
        for (const auto& row : read_tsv(data::syscall_lsm_hooks)) {
            assert(row.size() == 8);
            add(row[1], row[5], row[4], row[6]);
        }
        for (const auto& row : read_tsv(data::hook_corrections)) {
            assert(row.size() == 4);
            add(row[0], row[1], row[2], row[3]);
        }
        for (const auto& row : read_tsv(data::i386_equivalents)) {
            assert(row.size() == 3);
            i386_.emplace(row[0], row[1]);
        }
    }

    const HookRow* find(std::string_view name) const {
        const auto found = rows_.find(name);
        return found == rows_.end() ? nullptr : &found->second;
    }
    std::optional<std::string_view> i386_calls(std::string_view name) const {
        const auto found = i386_.find(name);
        if (found == i386_.end()) return std::nullopt;
        return found->second;
    }
    const std::map<std::string_view, HookRow>& rows() const { return rows_; }

  private:
    void add(std::string_view name, std::string_view hooks, std::string_view refusal,
             std::string_view words) {
        HookRow row{find_class(refusal), parse_terms(hooks), words};
        assert(row.refusal != nullptr);
        rows_.insert_or_assign(name, std::move(row));
    }

    std::map<std::string_view, HookRow> rows_;
    std::map<std::string_view, std::string_view> i386_;
};

const HookTable& table() {
    static const HookTable instance;
    return instance;
}

using KernelHooks = std::set<std::string>;

const std::string* newest(const HookTerm& term, const KernelHooks& kernel) {
    const std::string* found = nullptr;
    for (const auto& hook : term.alternatives) {
        if (kernel.contains(hook)) found = &hook;
    }
    return found;
}

std::string words_of(const HookRow& row) {
    return std::string{row.refusal->why.empty() ? row.words : row.refusal->why};
}

Refusal refuse_row(const HookRow& row, const KernelHooks& kernel) {
    Refusal refusal{row.refusal->kind, {}, {}};
    if (refusal.kind == Refusal::Kind::nothing) return refusal;
    if (refusal.kind != Refusal::Kind::full) refusal.why = words_of(row);
    if (refusal.kind == Refusal::Kind::impossible) return refusal;
    for (const auto& term : row.terms) {
        if (const auto* hook = newest(term, kernel)) {
            refusal.hooks.insert(*hook);
        } else if (!term.optional) {
            return {Refusal::Kind::impossible,
                    {},
                    fmt::format("this kernel has no hook {}", term.alternatives.back())};
        }
    }
    if (refusal.hooks.empty()) refusal.kind = Refusal::Kind::nothing;
    return refusal;
}

Refusal refuse_name(std::string_view name, const KernelHooks& kernel) {
    const auto* row = table().find(name);
    assert(row != nullptr && "every named call has a row; a test holds it");
    return refuse_row(*row, kernel);
}

/// A call that stands for several (socketcall, ipc): refusable as far as each of them is.
Refusal refuse_several(const std::vector<std::string_view>& names, const KernelHooks& kernel) {
    Refusal all{Refusal::Kind::full, {}, {}};
    std::string open;
    for (const auto name : names) {
        auto one = refuse_name(name, kernel);
        all.hooks.merge(one.hooks);
        if (one.kind == Refusal::Kind::full || one.kind == Refusal::Kind::nothing) continue;
        open += fmt::format("{}{}", open.empty() ? "" : ", ", name);
    }
    if (open.empty()) return all;
    if (all.hooks.empty()) return {Refusal::Kind::impossible, {}, "no LSM hook sees them"};
    return {Refusal::Kind::gaps, all.hooks, fmt::format("through it no hook sees {}", open)};
}

Refusal refuse_i386(std::string_view calls, const KernelHooks& kernel) {
    if (calls == "none") return {Refusal::Kind::impossible, {}, "no LSM hook sees them"};
    if (calls == "n/a") return {};
    const auto names = split_text(calls, '+');
    return names.size() == 1 ? refuse_name(names.front(), kernel) : refuse_several(names, kernel);
}

} // namespace

Refusal refuse_call(Abi abi, std::uint32_t number, const KernelHooks& kernel_hooks) {
    const auto name = SyscallTable::instance().name(abi, number);
    if (!name) return {};
    if (abi == Abi::i386) {
        if (const auto calls = table().i386_calls(*name)) return refuse_i386(*calls, kernel_hooks);
    }
    return refuse_name(*name, kernel_hooks);
}

std::vector<std::string> refusal_hooks() {
    std::set<std::string> hooks;
    for (const auto& [name, row] : table().rows()) {
        const auto kind = row.refusal->kind;
        if (kind != Refusal::Kind::full && kind != Refusal::Kind::gaps) continue;
        for (const auto& term : row.terms) {
            hooks.insert(term.alternatives.begin(), term.alternatives.end());
        }
    }
    return {hooks.begin(), hooks.end()};
}

bool is_refusal_class(std::string_view name) {
    return find_class(name) != nullptr;
}

} // namespace synpol
