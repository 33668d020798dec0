// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/image_maps.h"

#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>

namespace synpol {
namespace {

Result<Descriptor> create_inner_map(std::uint32_t pages) {
    bpf_map_create_opts options{};
    options.sz = sizeof options;
    options.map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP;
    Descriptor map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "sp_image", sizeof(std::uint32_t),
                                  SP_PAGE_SIZE, pages, &options)};
    if (!map) return Error::from_errno(fmt::format("creating a map of {} pages", pages), errno);
    return map;
}

Result<void> write_pages(int map, std::span<const std::uint8_t> bytes) {
    void* place = mmap(nullptr, bytes.size(), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (place == MAP_FAILED) return Error::from_errno("mapping an image into memory", errno);
    std::memcpy(place, bytes.data(), bytes.size());
    munmap(place, bytes.size());
    return {};
}

Result<std::vector<std::uint8_t>> read_pages(int map, std::uint32_t pages) {
    std::vector<std::uint8_t> bytes(std::size_t{pages} * SP_PAGE_SIZE);
    for (std::uint32_t page = 0; page < pages; ++page)
        if (bpf_map_lookup_elem(map, &page, bytes.data() + std::size_t{page} * SP_PAGE_SIZE) != 0)
            return Error::from_errno(fmt::format("reading page {} of an image", page), errno);
    return bytes;
}

Result<bpf_map_info> info_of(int map) {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(map, &info, &size) != 0)
        return Error::from_errno("asking for a map's layout", errno);
    return info;
}

} // namespace

Result<Descriptor> make_image_map(const Image& image) {
    auto map = create_inner_map(image.page_count());
    if (!map) return map;
    if (auto written = write_pages(map->get(), image.bytes()); !written) return written.error();
    auto back = read_pages(map->get(), image.page_count());
    if (!back) return back.error();
    if (!std::equal(back->begin(), back->end(), image.bytes().begin(), image.bytes().end()))
        return Error{"the kernel's copy of an image differs from what was written"};
    // After munmap: a map with a writable mapping cannot be frozen.
    if (bpf_map_freeze(map->get()) != 0) return Error::from_errno("freezing an image", errno);
    return map;
}

Result<Image> read_image_map(int map) {
    auto info = info_of(map);
    if (!info) return info.error();
    if (info->type != BPF_MAP_TYPE_ARRAY || info->value_size != SP_PAGE_SIZE)
        return Error{fmt::format("not an image: a map of type {} with values of {} bytes",
                                 info->type, info->value_size)};
    auto bytes = read_pages(map, info->max_entries);
    if (!bytes) return bytes.error();
    return Image::from_bytes(std::move(*bytes));
}

Result<Descriptor> open_slot(int images, ImageSlot which) {
    const auto key = static_cast<std::uint32_t>(which);
    std::uint32_t id = 0;
    if (bpf_map_lookup_elem(images, &key, &id) != 0) {
        if (errno == ENOENT) return Descriptor{};
        return Error::from_errno(fmt::format("looking up generation {}", key), errno);
    }
    Descriptor map{bpf_map_get_fd_by_id(id)};
    if (!map) return Error::from_errno(fmt::format("opening image map {}", id), errno);
    return map;
}

} // namespace synpol
