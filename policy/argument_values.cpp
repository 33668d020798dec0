// SPDX-License-Identifier: Apache-2.0
#include "policy/argument_values.h"

#include <limits>

#include <fmt/format.h>

#include "policy/catalogues.h"
#include "policy/constants.h"
#include "policy/numbers.h"

namespace synpol {
namespace {

constexpr std::size_t members_max = 1024;

std::uint64_t mask_of(unsigned width) {
    return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

/// As a number of the width; nothing if it needs more bits.
std::optional<std::uint64_t> cut(std::uint64_t value, unsigned width) {
    const std::uint64_t mask = mask_of(width);
    const std::uint64_t upper = value & ~mask;
    const bool negative = (value & ~(mask >> 1)) == ~(mask >> 1); // the sign goes all the way up
    if (upper != 0 && !negative) return {};
    return value & mask;
}

std::int64_t as_signed(std::uint64_t value, unsigned width) {
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    if (width < 64 && (value & sign) != 0) value |= ~mask_of(width);
    return static_cast<std::int64_t>(value);
}

class ValueReader {
  public:
    ValueReader(ArgumentType type, Reporter& reporter) : type_{type}, reporter_{reporter} {}

    std::optional<ArgumentSet> expression(const ast::SetExpr& expr) const;

  private:
    using Found = std::optional<ArgumentSet>;

    Found term(const ast::SetTerm& term) const;
    Found value(const ast::Value& value) const;
    Found number(const ast::Word& word) const;
    Found constant(const ast::Word& word) const;
    Found group(const ast::Word& word) const;
    Found on_this_abi(const Constant& constant, Span span) const;
    Found single(std::uint64_t value, Span span, std::string_view shown) const;
    Found wrong(Span span, std::string_view what) const;

    ArgumentType type_;
    Reporter& reporter_;
};

ValueReader::Found ValueReader::wrong(Span span, std::string_view what) const {
    reporter_.error(Code::wrong_set_type, span,
                    fmt::format("numbers and constants are needed here, not {}", what),
                    "not a value of an argument");
    return {};
}

ValueReader::Found ValueReader::single(std::uint64_t value, Span span,
                                       std::string_view shown) const {
    if (const auto fitting = cut(value, type_.width)) return ArgumentSet::single(*fitting);
    reporter_.error(
        Code::wrong_condition, span,
        fmt::format("`{}` does not fit into the {} bits of the argument", shown, type_.width),
        "can never be equal");
    return {};
}

ValueReader::Found ValueReader::number(const ast::Word& word) const {
    const auto dots = word.text.find("..");
    const auto first = parse_value(word.text.substr(0, dots));
    const auto last =
        dots == std::string_view::npos ? first : parse_value(word.text.substr(dots + 2));
    if (!first || !last) {
        reporter_.error(Code::bad_number, word.span, fmt::format("`{}` is not a number", word.text),
                        "write 10, 0x1f, 64KiB or 1..9");
        return {};
    }
    if (*first > *last) {
        reporter_.error(Code::bad_range, word.span,
                        fmt::format("`{}`: the range ends before it starts", word.text));
        return {};
    }
    if (!single(*last, word.span, word.text)) return {};
    return ArgumentSet::range(*first, *last);
}

ValueReader::Found ValueReader::on_this_abi(const Constant& constant, Span span) const {
    if (const auto value = constant.on(type_.abi)) return single(*value, span, constant.name);
    auto& error = reporter_.error(
        Code::unknown_constant, span,
        fmt::format("`{}` does not exist on {}", constant.name, name_of(type_.abi)), "unknown");
    error.helps.push_back("add `and abi == native` if only native calls are meant");
    return {};
}

ValueReader::Found ValueReader::constant(const ast::Word& word) const {
    if (const auto* found = find_constant(word.text)) return on_this_abi(*found, word.span);
    auto& error = reporter_.error(Code::unknown_constant, word.span,
                                  fmt::format("there is no constant `{}`", word.text), "unknown");
    if (reporter_.wants_suggestion()) reporter_.suggest(error, word.text, constant_names());
    return {};
}

ValueReader::Found ValueReader::group(const ast::Word& word) const {
    const auto names = constant_catalogue(word.text.substr(1));
    if (!names) {
        auto& error = reporter_.error(
            Code::unknown_group, word.span,
            fmt::format("there is no group of constants called `{}`", word.text), "unknown");
        std::vector<std::string> known;
        for (const auto name : catalogue_names(CatalogueType::constants)) {
            known.push_back("@" + std::string{name});
        }
        reporter_.suggest(error, word.text, {known.begin(), known.end()});
        return {};
    }
    ArgumentSet set;
    for (const auto name : *names) {
        const auto one = on_this_abi(*find_constant(name), word.span);
        if (!one) return {};
        set = set | *one;
    }
    return set;
}

ValueReader::Found ValueReader::value(const ast::Value& value) const {
    switch (value.kind) {
    case ast::ValueKind::any:
        return ArgumentSet::range(0, mask_of(type_.width));
    case ast::ValueKind::none:
        return ArgumentSet::none();
    case ast::ValueKind::number:
        return number(value.word);
    case ast::ValueKind::name:
        return constant(value.word);
    case ast::ValueKind::catalog:
        return group(value.word);
    default:
        return wrong(value.word.span, fmt::format("a {}", name_of(value.kind)));
    }
}

ValueReader::Found ValueReader::term(const ast::SetTerm& term) const {
    if (const auto* one = std::get_if<ast::Value>(&term.what)) return value(*one);
    if (std::holds_alternative<ast::FileSet>(term.what)) return wrong(term.span, "a list");
    if (const auto* inner = std::get_if<std::unique_ptr<ast::SetExpr>>(&term.what)) {
        return expression(**inner);
    }
    ArgumentSet set;
    bool ok = true;
    for (const auto& item : std::get<ast::List>(term.what).items) {
        const auto one = value(item);
        ok = ok && one.has_value();
        if (one) set = set | *one;
    }
    if (!ok) return {};
    return set;
}

ValueReader::Found ValueReader::expression(const ast::SetExpr& expr) const {
    auto set = term(expr.first);
    for (const auto& operation : expr.rest) {
        const auto right = term(operation.right);
        if (!set || !right) return {};
        *set = operation.symbol == '+'   ? *set | *right
               : operation.symbol == '-' ? *set - *right
                                         : *set & *right;
    }
    return set;
}

// ---- comparisons -------------------------------------------------------------------------------

/// The members one by one; nothing, after an error, if they are too many.
std::optional<std::vector<std::uint64_t>> members(const ArgumentSet& set, Span span,
                                                  Reporter& reporter) {
    std::vector<std::uint64_t> result;
    const auto intervals = set.intervals(members_max);
    bool few = intervals.has_value();
    for (std::size_t i = 0; few && i < intervals->size(); ++i) {
        const auto& [first, last] = (*intervals)[i];
        few = last - first < members_max - result.size();
        for (std::uint64_t value = first; few && value <= last; ++value) {
            result.push_back(value);
            if (value == last) break;
        }
    }
    if (few) return result;
    reporter.error(Code::wrong_condition, span,
                   fmt::format("`has` and `lacks` take at most {} values", members_max),
                   "too many");
    return {};
}

std::optional<std::uint64_t> one_value(const ast::Comparing& comparing, const ArgumentSet& set,
                                       Reporter& reporter) {
    const auto value = set.smallest();
    if (value && value == set.largest()) return value;
    auto& error = reporter.error(Code::wrong_condition, comparing.values.span,
                                 fmt::format("`{}` takes one value", name_of(comparing.comparison)),
                                 set.empty() ? "none" : "several");
    if (comparing.comparison == ast::Comparison::equal) error.helps.push_back("write `in`");
    if (comparing.comparison == ast::Comparison::not_equal) error.helps.push_back("write `not in`");
    return {};
}

ArgumentSet below(std::uint64_t value, ArgumentType type) {
    if (type.is_signed) {
        const auto limit = as_signed(value, type.width);
        if (limit == std::numeric_limits<std::int64_t>::min()) return ArgumentSet::none();
        const auto least = std::numeric_limits<std::int64_t>::min();
        return ArgumentSet::signed_range(least, limit - 1, type.width);
    }
    if (value == 0) return ArgumentSet::none();
    return ArgumentSet::range(0, value - 1).with_width(type.width);
}

std::optional<ArgumentSet> having_bits(const ast::Comparing& comparing, const ArgumentSet& set,
                                       ArgumentType type, Reporter& reporter) {
    const auto masks = members(set, comparing.values.span, reporter);
    if (!masks) return {};
    ArgumentSet result;
    for (const auto mask : *masks) {
        result = result | ArgumentSet::has_bits(mask & mask_of(type.width));
    }
    return result;
}

} // namespace

std::optional<ArgumentSet> argument_values(const ast::SetExpr& expr, ArgumentType type,
                                           Reporter& reporter) {
    return ValueReader{type, reporter}.expression(expr);
}

std::optional<ArgumentSet> compared_arguments(const ast::Comparing& comparing, ArgumentType type,
                                              Reporter& reporter) {
    using Is = ast::Comparison;
    const auto values = argument_values(comparing.values, type, reporter);
    if (!values) return {};
    const auto is = comparing.comparison;
    if (is == Is::in) return values->with_width(type.width);
    if (is == Is::not_in) return values->with_width(type.width).complement();
    if (is == Is::has || is == Is::lacks) {
        const auto having = having_bits(comparing, *values, type, reporter);
        if (!having) return {};
        return is == Is::has ? *having : having->complement();
    }
    const auto value = one_value(comparing, *values, reporter);
    if (!value) return {};
    const auto equal = values->with_width(type.width);
    if (is == Is::equal) return equal;
    if (is == Is::not_equal) return equal.complement();
    const auto less = below(*value, type);
    if (is == Is::less) return less;
    if (is == Is::at_least) return less.complement();
    return is == Is::at_most ? less | equal : (less | equal).complement();
}

} // namespace synpol
