// Content for members of a segment, put over the default that stands in the page. Without this script, without an
// answer and for everybody else, the default stays.
(function () {
  "use strict";

  function load(root) {
    root.querySelectorAll("[data-wm-segment-src]").forEach(function (place) {
      var source = place.getAttribute("data-wm-segment-src");
      // Several blocks bring the script several times: each place is asked for once.
      place.removeAttribute("data-wm-segment-src");
      fetch(source, { credentials: "same-origin", cache: "no-store" })
        .then(function (answer) {
          return answer.status === 200 ? answer.text() : "";
        })
        .then(function (html) {
          // Nobody is thrown out of what they are reading by keyboard.
          if (html && !place.contains(document.activeElement)) {
            place.innerHTML = html;
            load(place);
          }
        })
        .catch(function () {});
    });
  }

  load(document);
})();
