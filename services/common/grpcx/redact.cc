#include "common/grpcx/redact.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <vector>

#include "crosspoint/common/v1/options.pb.h"

namespace crosspoint::grpcx {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void Strip(Message& message);

// Opens, strips and closes again; what cannot be opened is emptied.
void StripAny(Any& any) {
  std::string type;
  std::unique_ptr<Message> inner;
  if (Any::ParseAnyTypeUrl(any.type_url(), &type)) {
    const auto* const descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
    const Message* const prototype =
        descriptor == nullptr ? nullptr
                              : google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
    if (prototype != nullptr) inner.reset(prototype->New());
  }
  if (inner == nullptr || !inner->ParseFromString(any.value())) {
    any.clear_value();
    return;
  }
  Strip(*inner);
  any.set_value(inner->SerializeAsString());
}

void Strip(Message& message) {
  if (message.GetDescriptor() == Any::descriptor()) return StripAny(static_cast<Any&>(message));
  const auto* const reflection = message.GetReflection();
  reflection->MutableUnknownFields(&message)->Clear();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* const field : fields) {
    if (field->options().GetExtension(crosspoint::common::v1::sensitive)) {
      reflection->ClearField(&message, field);
      continue;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Strip(*reflection->MutableMessage(&message, field));
      continue;
    }
    // Map entries are messages too.
    const int count = reflection->FieldSize(message, field);
    for (int i = 0; i < count; ++i) Strip(*reflection->MutableRepeatedMessage(&message, field, i));
  }
}

}  // namespace

std::string Redacted(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Strip(*copy);
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseUtf8StringEscaping(true);
  printer.SetExpandAny(true);
  std::string text;
  printer.PrintToString(*copy, &text);
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace crosspoint::grpcx
