// SPDX-License-Identifier: Apache-2.0
#include "policy/suggest.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace synpol {
namespace {

// In quarters of an edit, so that "eperm" is close to EPERM but not as close as it is to itself.
constexpr std::size_t edit = 4;
constexpr std::size_t alike = 1;

char folded(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c == '_' ? '-' : c;
}

std::size_t replacing(char a, char b) {
    if (a == b) return 0;
    return folded(a) == folded(b) ? alike : edit;
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j * edit;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i * edit;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + replacing(a[i - 1], b[j - 1]);
            current[j] = std::min({previous[j] + edit, current[j - 1] + edit, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + edit);
            }
        }
        std::swap(before, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

} // namespace

std::optional<std::string_view> closest(std::string_view word,
                                        const std::vector<std::string_view>& words) {
    constexpr std::size_t longest = 64;
    if (word.size() > longest) return {};
    std::optional<std::string_view> best;
    const std::size_t edits = word.size() < 4 ? 1 : word.size() < 8 ? 2 : 3;
    std::size_t best_distance = edits * edit;
    for (const auto candidate : words) {
        const std::size_t longer = std::max(candidate.size(), word.size());
        if (longer - std::min(candidate.size(), word.size()) > edits) continue;
        const std::size_t found = distance(word, candidate);
        if (found == 0 || found > best_distance || (best && found == best_distance)) continue;
        best = candidate;
        best_distance = found;
    }
    return best;
}

std::optional<std::string_view> closest_of(std::string_view word,
                                           const std::vector<std::string>& words) {
    return closest(word, {words.begin(), words.end()});
}

bool suggest_word(Diagnostic& diagnostic, Span place, std::string_view word,
                  const std::vector<std::string_view>& words) {
    const auto best = closest(word, words);
    if (!best) return false;
    diagnostic.helps.push_back(fmt::format("did you mean `{}`?", *best));
    diagnostic.fix = Fix{place, std::string{*best}};
    return true;
}

std::vector<std::string_view> words_in_backticks(std::string_view message) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; (at = message.find('`', at)) != std::string_view::npos;) {
        const auto end = message.find('`', ++at);
        if (end == std::string_view::npos) break;
        words.push_back(message.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

} // namespace synpol
