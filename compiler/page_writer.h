// SPDX-License-Identifier: Apache-2.0
// PageWriter: the pages of an image while it is being built. Zero is what is not written.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "bpf/abi.h"

namespace synpol {

class PageWriter {
  public:
    PageWriter() : bytes_(SP_PAGE_SIZE) {} // page 0 is the header

    std::uint32_t page_count() const {
        return static_cast<std::uint32_t>(bytes_.size() / SP_PAGE_SIZE);
    }

    /// `count` new pages; the number of the first.
    std::uint32_t append(std::size_t count) {
        const auto first = page_count();
        bytes_.resize(bytes_.size() + count * SP_PAGE_SIZE);
        return first;
    }

    template <typename T>
    void put(std::uint32_t page, std::size_t offset, const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(bytes_.data() + std::size_t{page} * SP_PAGE_SIZE + offset, &value,
                    sizeof value);
    }

    void put_bytes(std::uint32_t page, std::size_t offset, const std::string& content) {
        std::memcpy(bytes_.data() + std::size_t{page} * SP_PAGE_SIZE + offset, content.data(),
                    content.size());
    }

    /// Consecutive new pages with `values`, as many to a page as fit; the number of the first.
    template <typename T>
    std::uint32_t append_array(const std::vector<T>& values) {
        constexpr std::size_t per_page = SP_PAGE_SIZE / sizeof(T);
        const auto first = append((values.size() + per_page - 1) / per_page);
        for (std::size_t i = 0; i < values.size(); ++i)
            put(first + static_cast<std::uint32_t>(i / per_page), i % per_page * sizeof(T),
                values[i]);
        return first;
    }

    /// A page with this content, stored once however often it is asked for.
    std::uint32_t shared(const std::string& content) {
        const auto [entry, fresh] = shared_.try_emplace(content, page_count());
        if (fresh) put_bytes(append(1), 0, content);
        return entry->second;
    }

    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
    std::map<std::string, std::uint32_t> shared_;
};

} // namespace synpol
