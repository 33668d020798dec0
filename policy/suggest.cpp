// SPDX-License-Identifier: Apache-2.0
#include "policy/suggest.h"

#include <algorithm>
#include <numeric>

namespace synpol {
namespace {

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(previous.begin(), previous.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + 1);
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
    std::size_t best_distance = word.size() < 4 ? 1 : word.size() < 8 ? 2 : 3;
    for (const auto candidate : words) {
        const std::size_t longer = std::max(candidate.size(), word.size());
        if (longer - std::min(candidate.size(), word.size()) > best_distance) continue;
        const std::size_t found = distance(word, candidate);
        if (found == 0 || found > best_distance || (best && found == best_distance)) continue;
        best = candidate;
        best_distance = found;
    }
    return best;
}

} // namespace synpol
