// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/condition_text.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/constants.h"

namespace synpol {

namespace {

constexpr std::size_t stretches_max = 8;

/// Arguments whose values have names in one family of constants.
struct NamedValues {
    std::string_view call;
    std::string_view argument;
    std::string_view prefix;
};
constexpr NamedValues named_values[] = {
    {"socket", "domain", "AF_"},
    {"socketpair", "domain", "AF_"},
    {"clone", "flags", "CLONE_"},
    {"unshare", "flags", "CLONE_"},
};

class ConditionWriter {
  public:
    ConditionWriter(const Argument& argument, std::string_view call, Abi abi)
        : argument_{argument}, abi_{abi} {
        for (const auto& row : named_values)
            if (row.call == call && row.argument == argument.name) prefix_ = row.prefix;
    }

    std::optional<std::string> write(const ArgumentSet& set) const {
        if (set != set.with_width(argument_.width)) return std::nullopt;
        const auto others = set.complement();
        const auto in = as_values(set, "in");
        const auto not_in = as_values(others, "not in");
        if (in && not_in) return in->size() <= not_in->size() ? in : not_in;
        if (in || not_in) return in ? in : not_in;
        if (auto text = as_bits(set, "has")) return text;
        return as_bits(others, "lacks");
    }

  private:
    std::uint64_t largest() const {
        return argument_.width == 64 ? ~std::uint64_t{0}
                                     : (std::uint64_t{1} << argument_.width) - 1;
    }

    /// Values of the width; of signed arguments those that are not negative only.
    std::optional<std::string> as_values(const ArgumentSet& set, std::string_view op) const {
        const auto own = set & ArgumentSet::range(0, largest());
        const auto found = own.intervals(stretches_max);
        if (!found || found->empty()) return std::nullopt;
        const auto sign = argument_.is_signed ? largest() / 2 : largest();
        if (found->back().last > sign) return std::nullopt;
        std::vector<std::string> words;
        for (const auto& [first, last] : *found)
            words.push_back(first == last ? word(first)
                                          : fmt::format("{}..{}", word(first), word(last)));
        return fmt::format("{} {} {{ {} }}", argument_.name, op, fmt::join(words, ", "));
    }

    /// Any of some bits, or all of some.
    std::optional<std::string> as_bits(const ArgumentSet& set, std::string_view op) const {
        std::vector<std::string> words;
        ArgumentSet any;
        for (unsigned bit = 0; bit < argument_.width; ++bit) {
            const auto value = std::uint64_t{1} << bit;
            if (!set.contains(value)) continue;
            any = any | ArgumentSet::has_bits(value);
            words.push_back(word(value));
        }
        if (!words.empty() && any == set)
            return fmt::format("{} {} {{ {} }}", argument_.name, op, fmt::join(words, ", "));
        const auto all = set.smallest();
        if (!all || *all == 0 || ArgumentSet::has_bits(*all) != set) return std::nullopt;
        return fmt::format("{} {} {:#x}", argument_.name, op, *all);
    }

    std::string word(std::uint64_t value) const {
        if (!prefix_.empty())
            for (const auto& constant : constants())
                if (constant.name.starts_with(prefix_) && constant.on(abi_) == value)
                    return std::string{constant.name};
        return value < 10 ? fmt::format("{}", value) : fmt::format("{:#x}", value);
    }

    const Argument& argument_;
    Abi abi_;
    std::string_view prefix_;
};

} // namespace

std::optional<std::string> condition_text(const ArgumentSet& set, const Argument& argument,
                                          std::string_view call, Abi abi) {
    return ConditionWriter{argument, call, abi}.write(set);
}

} // namespace synpol
