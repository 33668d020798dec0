// SPDX-License-Identifier: Apache-2.0
// Image: a compiled policy set as the bytes that the kernel reads (bpf/abi.h), in canonical form:
// the same boxes give the same bytes, everywhere. A value type.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bpf/abi.h"
#include "compiler/atoms.h"
#include "compiler/box.h"
#include "compiler/digest.h"
#include "compiler/places.h"

namespace synpol {

std::string to_hex(const Sha256& hash);
/// What the header's tag has to be for these bytes.
std::uint64_t tag_of(std::vector<std::uint8_t> bytes);

class Image {
  public:
    /// Wraps bytes that came back from a kernel or a disk. Checks magic, version, length, tag, and
    /// that every page number in the header is inside.
    static Result<Image> from_bytes(std::vector<std::uint8_t> bytes);

    std::span<const std::uint8_t> bytes() const { return bytes_; }
    std::uint32_t page_count() const;
    const sp_header& header() const;
    Sha256 hash() const; ///< of all bytes; names the image in history and audit
    std::uint64_t tag() const { return header().tag; }

    bool operator==(const Image&) const = default;

  private:
    friend class ImageBuilder;
    std::vector<std::uint8_t> bytes_;
};

/// Atoms and rows to bytes: the boxes that the kernel side can decide (compiler/kernel_gaps.h), in
/// the order of BoxSet. Capacity errors carry the place of a rule.
Image build_image(const BoxSet& boxes, const Atoms& atoms, Diagnostics& diagnostics);

/// What an image decides for atoms or facts, by reading the bytes exactly as the BPF program does.
/// It lets the agent complete Det(q) for an event and lets tests compare without a kernel.
struct ImageDecision {
    Outcome verdict = Outcome::pass;
    std::uint32_t first_box = 0; ///< within the area
    int error = 0;
    std::vector<std::uint32_t> boxes; ///< within the area: all determining boxes
    PlaceAtoms atoms{};

    bool operator==(const ImageDecision&) const = default;
};
class ImageReader {
  public:
    explicit ImageReader(const Image& image) : image_{image} {}
    PlaceAtoms atoms_of(const struct Attempt& attempt) const;
    ImageDecision decide(sp_area_id area, const PlaceAtoms& atoms) const;
    sp_box box(sp_area_id area, std::uint32_t index) const;
    sp_rule rule(std::uint32_t index) const;

  private:
    const Image& image_;
};

} // namespace synpol
