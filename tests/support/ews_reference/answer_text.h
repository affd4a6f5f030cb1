#pragma once

#include <string>

namespace crosspoint::ews {

// An answer as Exchange sends it, except that its prefixes are ours to choose.
inline std::string AnswerTo(const std::string& operation, const std::string& content,
                            const std::string& response_class = "Success", const std::string& code = "NoError") {
  return "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><q:" +
         operation + "Response xmlns:q=\"m\" xmlns=\"t\"><q:ResponseMessages><q:" + operation +
         "ResponseMessage ResponseClass=\"" + response_class + "\"><q:ResponseCode>" + code + "</q:ResponseCode>" +
         content + "</q:" + operation + "ResponseMessage></q:ResponseMessages></q:" + operation +
         "Response></e:Body></e:Envelope>";
}

}  // namespace crosspoint::ews
