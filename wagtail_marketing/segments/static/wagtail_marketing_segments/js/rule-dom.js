/* Elements of the rule builder: made from names and texts, never from HTML. */
(() => {
    const SVG = "http://www.w3.org/2000/svg";

    const el = (tag, props = {}, ...children) => {
        const node = document.createElement(tag);
        for (const [name, value] of Object.entries(props)) {
            if (value === undefined || value === null || value === false) continue;
            if (name === "class") node.className = value;
            else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
            else if (name === "value") node.value = value;
            else node.setAttribute(name, value === true ? "" : value);
        }
        node.append(...children.filter((child) => child !== null && child !== undefined));
        return node;
    };

    /* One of Wagtail's icons; what it means stands in the button's name. */
    const icon = (name) => {
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("class", `icon icon-${name}`);
        svg.setAttribute("aria-hidden", "true");
        const use = document.createElementNS(SVG, "use");
        use.setAttribute("href", `#icon-${name}`);
        svg.append(use);
        return svg;
    };

    const button = (label, onclick, props = {}) =>
        el("button", { type: "button", class: "button button-small button-secondary", onclick, ...props }, label);

    const iconButton = (label, name, onclick, props = {}) =>
        el(
            "button",
            { type: "button", class: "wm-rules__icon", "aria-label": label, title: label, onclick, ...props },
            icon(name),
        );

    const rename = (element, label) => {
        element.setAttribute("aria-label", label);
        element.title = label;
    };

    const select = (label, options, value, props = {}) => {
        const element = el("select", { "aria-label": label, ...props });
        for (const [key, text] of options) {
            element.append(el("option", { value: key, selected: String(key) === String(value) }, text));
        }
        return element;
    };

    /* "%(name)s" in a translated text. */
    const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

    const at = (data, path) => path.split(".").reduce((inner, key) => inner?.[key], data);

    const put = (data, path, value) => {
        const keys = path.split(".");
        const last = keys.pop();
        let inner = data;
        for (const key of keys) {
            inner[key] = inner[key] ?? {};
            inner = inner[key];
        }
        inner[last] = value;
    };

    window.wmRules = { el, icon, button, iconButton, rename, select, fill, at, put };
})();
