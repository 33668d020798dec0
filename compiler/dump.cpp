// SPDX-License-Identifier: Apache-2.0
// Each dump is made once as JSON, which is complete; the text is rendered from it and shortens long
// lists. The image is dumped from its bytes, by the reader that decides with them.
#include "compiler/dump.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/dims.h"
#include "compiler/set_text.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t words_shown = 12;
constexpr std::size_t rows_shown = 24;

std::string to_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string errno_name(int number) {
    const char* name = strerrorname_np(number);
    return name == nullptr ? std::to_string(number) : name;
}

sp_area_id area_at(std::size_t index) {
    return static_cast<sp_area_id>(index);
}

/// "3 boxes", "1 box".
std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

// ---- boxes -----------------------------------------------------------------------------------

Json box_json(const BoxSet& boxes, const Box& box, std::size_t index) {
    const Rule& rule = boxes.model.rules.at(box.rule);
    Json json = {
        {"index", index}, {"rule", rule.name}, {"outcome", name_of(outcome_of(rule), rule.action)}};
    if (const int number = errno_of(rule); number != 0) json["error"] = errno_name(number);
    auto& sets = json["sets"] = Json::object();
    for (std::size_t dim = 0; dim < dim_count; ++dim) {
        if (box.sets[dim] == 0) continue;
        sets[std::string{name_of(dim_at(dim))}] = set_words(boxes, dim_at(dim), box.sets[dim]);
    }
    return json;
}

/// Areas in their order, each with its boxes numbered from 0 as events number them.
Json boxes_json(const BoxSet& boxes) {
    std::map<sp_area_id, Json> areas;
    for (const auto& box : boxes.boxes) {
        auto& of_area = areas.try_emplace(box.area, Json::array()).first->second;
        of_area.push_back(box_json(boxes, box, of_area.size()));
    }
    Json list = Json::array();
    for (auto& [area, of_area] : areas)
        list.push_back({{"area", name_of(area)}, {"boxes", std::move(of_area)}});
    return {{"areas", std::move(list)}};
}

std::string box_text(const Json& box) {
    auto text = fmt::format("  {:>3}  {}  {}", box["index"].get<std::size_t>(),
                            box["rule"].get<std::string>(), box["outcome"].get<std::string>());
    if (box.contains("error")) text += " " + box["error"].get<std::string>();
    text += "\n";
    if (box["sets"].empty()) text += "       everything\n";
    for (const auto& [dim, words] : box["sets"].items()) {
        text += fmt::format("       {:<10}{}\n", dim, braced(words.get<Words>(), words_shown));
    }
    return text;
}

std::string boxes_text(const Json& json) {
    std::string text;
    for (const auto& area : json["areas"]) {
        text += fmt::format("{}: {}\n", area["area"].get<std::string>(),
                            counted(area["boxes"].size(), "box", "boxes"));
        for (const auto& box : area["boxes"]) text += box_text(box);
    }
    return text.empty() ? "no boxes\n" : text;
}

// ---- atoms -----------------------------------------------------------------------------------

/// What an interval of a partition is called, by dimension.
template <typename T>
std::string bound_text(T first, T last) {
    if constexpr (sizeof(T) == sizeof(Address)) {
        return to_string(Interval<Address>{first, last});
    } else {
        return first == last ? fmt::format("{}", first) : fmt::format("{}..{}", first, last);
    }
}

template <typename T>
Json partition_json(const Partition<T>& partition) {
    Json rows = Json::array();
    const auto& starts = partition.starts;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const T last = i + 1 < starts.size() ? static_cast<T>(starts[i + 1] - 1) : max_value<T>();
        rows.push_back({{"values", bound_text(starts[i], last)}, {"atom", partition.atoms[i]}});
    }
    return rows;
}

Json automaton_json(const Automaton& automaton) {
    return {{"states", automaton.accept.size()}, {"classes", automaton.class_count}};
}

/// How one dimension maps values to atoms.
Json mapping_json(const Atoms& atoms, sp_dim dim) {
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_USER:
        return partition_json(atoms.users);
    case SP_DIM_GROUP:
        return partition_json(atoms.group_masks);
    case SP_DIM_EXE:
        return automaton_json(atoms.exe);
    case SP_DIM_CGROUP:
        return automaton_json(atoms.cgroup);
    case SP_DIM_SYSCALL:
        return partition_json(atoms.syscalls);
    case SP_DIM_TRANSPORT:
        return partition_json(atoms.transports);
    case SP_DIM_PORT:
        return partition_json(atoms.ports);
    case SP_DIM_SOURCE:
    case SP_DIM_TARGET:
        return partition_json(atoms.addresses);
    case dim_path:
        return automaton_json(atoms.path);
    case dim_member:
        return partition_json(atoms.members);
    case dim_account:
        return partition_json(atoms.accounts);
    default: // arguments and lineages: their atoms say it all
        return Json::array();
    }
}

Json dimension_json(const BoxSet& boxes, const Atoms& atoms, sp_dim dim) {
    Json sets = Json::array();
    for (std::size_t set = 1; set < set_count(boxes, dim); ++set) {
        sets.push_back(
            {{"set", set}, {"words", set_words(boxes, dim, static_cast<SetIndex>(set))}});
    }
    Json list = Json::array();
    const auto& of_dim = atoms.atoms[dim];
    for (std::size_t i = 0; i < of_dim.size(); ++i) {
        list.push_back({{"atom", i + SP_ATOM_FIRST},
                        {"representative", of_dim[i].representative},
                        {"sets", of_dim[i].sets}});
    }
    return {{"dimension", name_of(dim)},
            {"sets", std::move(sets)},
            {"atoms", std::move(list)},
            {"map", mapping_json(atoms, dim)}};
}

bool is_constrained(const BoxSet& boxes, sp_dim dim) {
    return std::any_of(boxes.boxes.begin(), boxes.boxes.end(),
                       [dim](const Box& box) { return box.sets[dim] != 0; });
}

Json atoms_json(const BoxSet& boxes, const Atoms& atoms) {
    Json dimensions = Json::array();
    for (std::size_t dim = 0; dim < dim_count; ++dim) {
        if (set_count(boxes, dim_at(dim)) < 2) continue; // nothing constrains it
        if (!in_kernel(dim_at(dim)) && !is_constrained(boxes, dim_at(dim))) continue;
        dimensions.push_back(dimension_json(boxes, atoms, dim_at(dim)));
    }
    return {{"dimensions", std::move(dimensions)}};
}

/// The first rows of a list and how many follow.
template <typename Render>
std::string rows_text(const Json& rows, Render render) {
    std::string text;
    for (std::size_t i = 0; i < rows.size() && i < rows_shown; ++i) text += render(rows[i]);
    if (rows.size() > rows_shown)
        text += fmt::format("    ... {} more\n", rows.size() - rows_shown);
    return text;
}

std::string set_text(const Json& set) {
    return fmt::format("    set {:<4} {}\n", set["set"].get<std::size_t>(),
                       braced(set["words"].get<Words>(), words_shown));
}

std::string atom_text(const Json& atom) {
    Words sets;
    for (const auto& set : atom["sets"]) sets.push_back(std::to_string(set.get<SetIndex>()));
    return fmt::format("    atom {:<3} {}  in sets {}\n", atom["atom"].get<std::size_t>(),
                       atom["representative"].get<std::string>(), braced(sets, words_shown));
}

std::string map_text(const Json& map) {
    if (map.is_object()) {
        return fmt::format("    automaton of {} and {}\n",
                           counted(map["states"].get<std::size_t>(), "state", "states"),
                           counted(map["classes"].get<std::size_t>(), "class", "classes"));
    }
    return rows_text(map, [](const Json& row) {
        return fmt::format("    {} -> {}\n", row["values"].get<std::string>(),
                           row["atom"].get<std::size_t>());
    });
}

std::string atoms_text(const Json& json) {
    std::string text;
    for (const auto& dimension : json["dimensions"]) {
        text += fmt::format("{}: {}, {}\n", dimension["dimension"].get<std::string>(),
                            counted(dimension["sets"].size(), "set", "sets"),
                            counted(dimension["atoms"].size(), "atom", "atoms"));
        text += rows_text(dimension["sets"], set_text);
        text += rows_text(dimension["atoms"], atom_text);
        text += map_text(dimension["map"]);
    }
    return text.empty() ? "nothing is constrained\n" : text;
}

// ---- image -----------------------------------------------------------------------------------

Json image_box_json(const sp_box& box, std::size_t index) {
    Json json = {{"index", index},
                 {"rule", box.rule},
                 {"outcome", name_of(static_cast<Outcome>(box.verdict))}};
    if (box.error != 0) json["error"] = errno_name(box.error);
    return json;
}

Json area_json(const Image& image, sp_area_id id) {
    const auto& area = image.header().area[id];
    Json boxes = Json::array();
    const ImageReader reader{image};
    for (std::uint32_t i = 0; i < area.box_count; ++i) {
        boxes.push_back(image_box_json(reader.box(id, i), i));
    }
    Json constrained = Json::array();
    for (std::uint32_t place = 0; place < SP_DIM_COUNT; ++place) {
        const auto dim = dim_at_place(id, place, image.header());
        if (dim && area.rowdir[place] != 0) constrained.push_back(name_of(*dim));
    }
    return {{"area", name_of(id)},
            {"constrained", std::move(constrained)},
            {"strongest", name_of(static_cast<Outcome>(area.strongest))},
            {"boxes", std::move(boxes)}};
}

Json rule_json(const sp_rule& rule, std::size_t index) {
    Json json = {{"index", index}, {"identity", fmt::format("{:016x}", rule.identity)}};
    if (rule.interval_ns == 0) return json;
    json["interval_ns"] = rule.interval_ns;
    json["tolerance_ns"] = rule.tolerance_ns;
    json["source_prefix"] = {rule.source_prefix_v4, rule.source_prefix_v6};
    return json;
}

Json atom_counts_json(const sp_header& header) {
    Json counts = Json::object();
    for (std::size_t dim = 0; dim < dim_count; ++dim) {
        // One atom tells nothing apart, and a peer's are those of a subject.
        if (!in_kernel(dim_at(dim)) &&
            (dim >= dim_lineage || header.atom_count[dim] <= SP_ATOM_FIRST + 1))
            continue;
        counts[std::string{name_of(dim_at(dim))}] = header.atom_count[dim];
    }
    return counts;
}

Json image_json(const Image& image) {
    const auto& header = image.header();
    Json json = {
        {"hash", to_hex(image.hash())},
        {"tag", fmt::format("{:016x}", image.tag())},
        {"abi_version", header.abi_version},
        {"pages", image.page_count()},
        {"bytes", image.bytes().size()},
        {"atoms", atom_counts_json(header)},
        {"tree_depth",
         {{"users", header.users.depth},
          {"groups", header.groups.depth},
          {"v4", header.v4.depth},
          {"v6", header.v6.depth}}},
        {"v4_states", header.v4_states != 0},
        {"automaton_states", {{"exe", header.exe.states}, {"cgroup", header.cgroup.states}}}};
    auto& rules = json["rules"] = Json::array();
    const ImageReader reader{image};
    for (std::uint32_t i = 0; i < header.rule_count; ++i) {
        rules.push_back(rule_json(reader.rule(i), i));
    }
    auto& areas = json["areas"] = Json::array();
    for (std::size_t area = 0; area < SP_AREA_COUNT; ++area) {
        if (header.area[area].box_count != 0) areas.push_back(area_json(image, area_at(area)));
    }
    return json;
}

/// "users 1, v4 2" of an object of numbers.
std::string numbers_text(const Json& object) {
    std::string text;
    for (const auto& [name, number] : object.items()) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, number.get<std::size_t>());
    }
    return text;
}

std::string image_area_text(const Json& area) {
    auto text = fmt::format(
        "{}: {}, strongest {}, constrained {}\n", area["area"].get<std::string>(),
        counted(area["boxes"].size(), "box", "boxes"), area["strongest"].get<std::string>(),
        braced(area["constrained"].get<Words>(), SP_DIM_COUNT));
    text += rows_text(area["boxes"], [](const Json& box) {
        return fmt::format("    {:>3}  rule {}  {}{}\n", box["index"].get<std::size_t>(),
                           box["rule"].get<std::size_t>(), box["outcome"].get<std::string>(),
                           box.contains("error") ? " " + box["error"].get<std::string>() : "");
    });
    return text;
}

std::string image_rule_text(const Json& rule) {
    auto text = fmt::format("    {:>3}  {}", rule["index"].get<std::size_t>(),
                            rule["identity"].get<std::string>());
    if (rule.contains("interval_ns")) {
        text += fmt::format(
            "  a token each {} ns, {} ns ahead at most, per source /{} and /{}",
            rule["interval_ns"].get<std::uint64_t>(), rule["tolerance_ns"].get<std::uint64_t>(),
            rule["source_prefix"][0].get<unsigned>(), rule["source_prefix"][1].get<unsigned>());
    }
    return text + "\n";
}

std::string image_text(const Json& json) {
    auto text =
        fmt::format("hash        {}\ntag         {}\nabi         {}\npages       {} ({} bytes)\n",
                    json["hash"].get<std::string>(), json["tag"].get<std::string>(),
                    json["abi_version"].get<unsigned>(), json["pages"].get<std::size_t>(),
                    json["bytes"].get<std::size_t>());
    text += fmt::format("atoms       {}\ntree depth  {}\nv4 states   {}\nautomata    {}\n",
                        numbers_text(json["atoms"]), numbers_text(json["tree_depth"]),
                        json["v4_states"].get<bool>() ? "yes" : "no",
                        numbers_text(json["automaton_states"]));
    text += fmt::format("rules: {}\n", json["rules"].size());
    text += rows_text(json["rules"], image_rule_text);
    for (const auto& area : json["areas"]) text += image_area_text(area);
    return text;
}

} // namespace

std::string dump_boxes(const BoxSet& boxes, bool json) {
    const auto dump = boxes_json(boxes);
    return json ? to_text(dump) : boxes_text(dump);
}

std::string dump_atoms(const BoxSet& boxes, const Atoms& atoms, bool json) {
    const auto dump = atoms_json(boxes, atoms);
    return json ? to_text(dump) : atoms_text(dump);
}

std::string dump_image(const Image& image, bool json) {
    const auto dump = image_json(image);
    return json ? to_text(dump) : image_text(dump);
}

} // namespace synpol
