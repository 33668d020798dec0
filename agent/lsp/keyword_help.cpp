// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/keyword_help.h"

namespace synpol::lsp {
namespace {

struct Help {
    Keyword keyword;
    std::string_view text;
};

constexpr Help helps[] = {
#define SYN_HELP(enumerator, text) {Keyword::enumerator, text},
#include "agent/lsp/keyword_help.inc"
#undef SYN_HELP
};

constexpr Keyword keywords[] = {
#define SYN_KEYWORD(enumerator, text, word_class) Keyword::enumerator,
#include "policy/keywords.inc"
#undef SYN_KEYWORD
};

constexpr bool same_order() {
    if (std::size(helps) != std::size(keywords)) return false;
    for (std::size_t at = 0; at < std::size(keywords); ++at) {
        if (helps[at].keyword != keywords[at]) return false;
    }
    return true;
}
static_assert(same_order(), "a row for each keyword, in the order of policy/keywords.inc");

} // namespace

std::string_view help_of(Keyword keyword) {
    return helps[static_cast<std::size_t>(keyword)].text;
}

} // namespace synpol::lsp
