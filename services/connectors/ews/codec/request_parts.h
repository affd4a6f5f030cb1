#pragma once

#include <functional>
#include <string>
#include <vector>

#include "connectors/ews/codec/requests.h"
#include "connectors/ews/soap/xml_writer.h"

// Pieces that several requests share.
namespace crosspoint::ews {

enum class TakesTimeZone { kNo, kYes };

// A whole envelope around what `body` writes.
std::string WriteEnvelope(const RequestHeader& header, TakesTimeZone takes_time_zone,
                          const std::function<void(XmlWriter&)>& body);
void WriteFolderRef(XmlWriter& xml, const FolderRef& folder);
void WriteFolderRefs(XmlWriter& xml, std::string_view list, const std::vector<FolderRef>& folders);
void WriteItemId(XmlWriter& xml, const ItemId& id);
void WriteItemIds(XmlWriter& xml, const std::vector<ItemId>& ids);
void WritePropertyPath(XmlWriter& xml, const PropertyPath& path);

}  // namespace crosspoint::ews
