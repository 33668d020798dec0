// SPDX-License-Identifier: Apache-2.0
#include "compiler/lints/over_capacity.h"

#include <fmt/format.h>

#include "bpf/abi.h"
#include "policy/codes.h"

namespace synpol {

void report_too_many_cases(const Rule& first, std::string_view area, Diagnostics& diagnostics) {
    diagnostics
        .error(Code::over_capacity, first.span,
               fmt::format("more than {} cases for {}", SP_BOXES_MAX, area),
               "the first rule that does not fit")
        .helps.push_back("rules that differ in one set only are one case as one rule: "
                         "`deny connect to { a, b }` instead of one each");
}

void report_too_many_argument_values(const Rule& first, std::string_view argument, std::size_t most,
                                     Diagnostics& diagnostics) {
    diagnostics
        .error(Code::over_capacity, first.span,
               fmt::format("the conditions on {} tell more than {} values apart", argument, most),
               "one too many here")
        .helps.push_back("compare with ranges or bits instead of many single values");
}

void report_too_many_values(const Rule& last, std::string_view dim, std::size_t most,
                            Diagnostics& diagnostics) {
    diagnostics
        .error(Code::over_capacity, last.span,
               fmt::format("the rules tell more than {} values of `{}` apart", most, dim),
               "the last rule that tells some apart")
        .helps.push_back("let rules that name many single values name ranges, or the same set");
}

void report_too_many_arguments(const Rule& first, const AskedArguments& asked,
                               Diagnostics& diagnostics) {
    auto& error = diagnostics.error(
        Code::over_capacity, first.span,
        fmt::format("the conditions ask about {} different arguments, at most {} fit", asked.count,
                    asked.most),
        fmt::format("asks about arg{}", asked.first_over));
    error.notes.push_back("arguments are counted by their position, whatever the call");
    error.helps.push_back("ask about fewer, or leave the condition out: the call is then refused "
                          "whatever its argument is");
}

void report_too_many_pages(const Rule& longest, ImageSize size, Diagnostics& diagnostics) {
    diagnostics
        .error(Code::over_capacity, longest.span,
               fmt::format("the image needs {} pages, at most {} fit", size.pages, size.most),
               "the rule with the longest lists")
        .helps.push_back("shorten the lists, let them name networks instead of addresses, or give "
                         "rules the same list: it is held once");
}

} // namespace synpol
