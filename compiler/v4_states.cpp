// SPDX-License-Identifier: Apache-2.0
#include "compiler/v4_states.h"

#include <algorithm>
#include <map>
#include <set>

namespace synpol {

namespace {

constexpr std::uint32_t blocks = 1u << 24; ///< /24s
constexpr std::uint32_t blocks_per_page = SP_PAGE_SIZE * 4;
constexpr std::uint32_t page_count = blocks / blocks_per_page;

// A tree of one page is as fast as the states. A thousand scattered addresses would need hundreds
// of pages of states in front of five of tree; 57,000 ranges fill both alike.
constexpr std::size_t pages_per_tree_page = 16;

/// Consecutive /24s that lie whole in one interval.
struct Run {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t atom = 0;
};

std::vector<Run> whole_blocks(const Partition<std::uint32_t>& partition) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < partition.starts.size(); ++i) {
        const bool is_last = i + 1 == partition.starts.size();
        const std::uint64_t end = is_last ? 1ull << 32 : partition.starts[i + 1];
        const auto first = (std::uint64_t{partition.starts[i]} + 255) / 256;
        const auto after = end / 256;
        if (first >= after) continue;
        runs.push_back({static_cast<std::uint32_t>(first),
                        static_cast<std::uint32_t>(after - first), partition.atoms[i]});
    }
    return runs;
}

/// By number of /24s, then by atom.
std::array<std::uint32_t, 3> commonest_atoms(const std::vector<Run>& runs) {
    std::map<std::uint32_t, std::uint64_t> weight;
    for (const auto& run : runs) weight[run.atom] += run.count;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> order(weight.begin(), weight.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::array<std::uint32_t, 3> common{};
    for (std::size_t i = 0; i < std::min(common.size(), order.size()); ++i)
        common[i] = order[i].first;
    return common;
}

class StateTable {
  public:
    StateTable()
        : pages_(page_count, std::string(SP_PAGE_SIZE, '\xff')) {} // SP_V4_SEARCH everywhere

    void set(const Run& run, unsigned state) {
        const auto filler = static_cast<char>(state * 0x55);
        for (std::uint32_t block = run.first, end = run.first + run.count; block < end;) {
            const auto rest = std::min(end - block, blocks_per_page - block % blocks_per_page);
            if (block % 4 == 0 && rest >= 4) {
                const auto bytes = rest / 4;
                pages_[block / blocks_per_page].replace(block % blocks_per_page / 4, bytes, bytes,
                                                        filler);
                block += bytes * 4;
            } else {
                set_one(block++, state);
            }
        }
    }

    const std::vector<std::string>& pages() const { return pages_; }

  private:
    void set_one(std::uint32_t block, unsigned state) {
        auto& byte = pages_[block / blocks_per_page][block % blocks_per_page / 4];
        const auto shift = block % 4 * 2;
        byte =
            static_cast<char>((static_cast<unsigned char>(byte) & ~(3u << shift)) | state << shift);
    }

    std::vector<std::string> pages_;
};

} // namespace

V4States write_v4_states(const Partition<std::uint32_t>& partition, std::size_t tree_pages,
                         PageWriter& pages) {
    V4States states;
    if (tree_pages < 2) return states;
    const auto runs = whole_blocks(partition);
    const auto common = commonest_atoms(runs);
    StateTable table;
    for (const auto& run : runs) {
        const auto found = std::find(common.begin(), common.end(), run.atom);
        if (found != common.end()) table.set(run, static_cast<unsigned>(found - common.begin()));
    }
    const std::set<std::string> distinct(table.pages().begin(), table.pages().end());
    if (distinct.size() > tree_pages * pages_per_tree_page) return states;
    std::vector<std::uint32_t> numbers;
    for (const auto& page : table.pages()) numbers.push_back(pages.shared(page));
    states.page = pages.append_array(numbers);
    states.common = common;
    return states;
}

} // namespace synpol
