;;; seedls-client.el --- One server for all buffers  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; The process of seedls, which all buffers share, and what it knows of their texts.  It lives beside whatever Eglot runs
;; in a buffer, of which it knows nothing.

;;; Code:

(require 'cl-lib)
(require 'eieio)
(require 'jsonrpc)
(require 'project)
(require 'url-util)

(defgroup seedls nil
  "Completions from a diffusion language model on this machine."
  :group 'tools
  :prefix "seedls-")

(defcustom seedls-command nil
  "The program of the server and its arguments, as a list of strings.
If it is nil, that is seedls on the variable `exec-path' or built in
the clone that has this package; its process is shared with other
editors if it can be."
  :type '(choice (const :tag "Found by itself" nil) (repeat string)))

(defcustom seedls-settings nil
  "A property list of the settings of the server, as editors/README.md lists them.
False is :json-false.  \\[seedls-restart] makes a change known."
  :type 'plist)

(defconst seedls--folder (file-name-directory (file-truename (macroexp-file-name)))
  "Where this package is: editors/emacs of a clone, where `make build' fills bin.")

(defconst seedls--deaths-max 4 "How often the server may die before it is left alone.")
(defconst seedls--deaths-within 180 "The seconds within which that is counted.")

(defvar seedls--encodings ["utf-32" "utf-8" "utf-16"]
  "The position encodings that are offered, the cheapest first.")

(defclass seedls--connection (jsonrpc-process-connection)
  ((initialized :initform nil :documentation "The answer to initialize, nil before it.")
   (status :initform nil :documentation "What the server last said of its state.")
   (unwanted :initform nil :documentation "Whether the server was told to end.")))

(defvar seedls--server nil "The server, or the last one.")
(defvar seedls--deaths nil "When servers died.")
(defvar seedls--failure nil "Why there is no server and none is started, or nil.")

;;;; The process

(defvar seedls--remote nil "For each program, whether it can share its process.")

(defun seedls-server-command (&rest _)
  "Return the program of the server and its arguments."
  (or seedls-command
      (let* ((root (expand-file-name "../.." seedls--folder))
             (program (or (executable-find "seedls")
                          (executable-find (expand-file-name "bin/seedls" root))
                          (error (concat "No program seedls: put it on the PATH, or run \"make build\" in %s;"
                                         " then M-x seedls-restart")
                                 (abbreviate-file-name root))))
             (known (or (assoc program seedls--remote)
                        (car (push (cons program (seedls--remote-p program)) seedls--remote)))))
        `(,program "serve" ,@(and (cdr known) '("--remote=auto"))))))

(defun seedls--remote-p (program)
  "Return whether PROGRAM can share its process with other editors."
  (with-temp-buffer
    (call-process program nil t nil "serve" "--help")
    (goto-char (point-min))
    (search-forward "--remote" nil t)))

(defun seedls--fail (message)
  "Have no server because of MESSAGE, and say so."
  (setq seedls--failure message)
  (force-mode-line-update t)
  (display-warning 'seedls message :error))

(defun seedls--connect ()
  "Start the server, unless there is one or it is left alone."
  (unless (or seedls--failure (and seedls--server (jsonrpc-running-p seedls--server)))
    (condition-case err
        (seedls--start)
      (error (seedls--fail (error-message-string err))))))

(defun seedls--start ()
  "Start the server.  It is ready when it has answered."
  (let ((command (seedls-server-command)))
    (unless (executable-find (car command))
      (error "No program %s: see `seedls-command'; then M-x seedls-restart" (car command)))
    (setq seedls--server
          (apply #'make-instance 'seedls--connection
                 :name "seedls"
                 :process (lambda () (seedls--make-process command))
                 :notification-dispatcher #'seedls--notified
                 :request-dispatcher #'seedls--requested
                 :on-shutdown #'seedls--ended
                 (if (slot-exists-p 'jsonrpc-connection '-events-buffer-config)
                     '(:events-buffer-config (:size 0))
                   '(:events-buffer-scrollback-size 0))))
    (seedls--initialize seedls--server)))

(defun seedls--make-process (command)
  "Start COMMAND, with its standard error in the log."
  (let ((log (make-pipe-process :name "seedls log" :noquery t :filter (lambda (_ text) (seedls--log text)))))
    (make-process
     :name "seedls" :command command :connection-type 'pipe :coding 'utf-8-emacs-unix :noquery t :stderr log)))

(defun seedls--initialize (server)
  "Begin a session with SERVER."
  (jsonrpc-async-request
   server :initialize
   (list :processId (emacs-pid)
         :clientInfo `(:name "Emacs" :version ,emacs-version)
         :workspaceFolders (seedls--folders)
         :initializationOptions (or seedls-settings (make-hash-table))
         :capabilities
         `(:general (:positionEncodings ,seedls--encodings)
           :textDocument
           (:inlineCompletion ,(make-hash-table)
            :codeAction
            (:dataSupport t :resolveSupport (:properties ["edit"])
             :codeActionLiteralSupport (:codeActionKind (:valueSet ["quickfix" "refactor.rewrite"]))))
           :workspace (:applyEdit t :executeCommand ,(make-hash-table) :workspaceEdit (:documentChanges t))
           :window (:workDoneProgress t)
           :experimental (:seedls/didChangeStatus t)))
   :timeout 60
   :success-fn (lambda (answer)
                 (oset server initialized answer)
                 (jsonrpc-notify server :initialized (make-hash-table))
                 (seedls--sync-all)
                 (force-mode-line-update t))
   :error-fn (lambda (err)
               (when (jsonrpc-running-p server)
                 (oset server unwanted t)
                 (delete-process (jsonrpc--process server))
                 (seedls--fail (format "Cannot start: %s" (plist-get err :message)))))
   :timeout-fn (lambda () (seedls--fail "Cannot start: no answer from the server in 60 s"))))

(defun seedls--folders ()
  "Return the projects of the buffers that take part, as workspace folders."
  (let (roots)
    (dolist (buffer (buffer-list))
      (when-let* (((buffer-local-value 'seedls--attached buffer))
                  (project (ignore-errors ; such as that there is no git
                             (project-current nil (buffer-local-value 'default-directory buffer)))))
        (cl-pushnew (expand-file-name (project-root project)) roots :test #'equal)))
    (vconcat (mapcar (lambda (root)
                       (list :uri (seedls--uri root) :name (file-name-nondirectory (directory-file-name root))))
                     roots))))

(defun seedls--ended (server)
  "Start another server in the place of SERVER, unless too many died."
  (unless (or (oref server unwanted) (not (eq server seedls--server)))
    (let ((now (float-time)))
      (setq seedls--deaths (cons now (cl-remove-if (lambda (at) (> (- now at) seedls--deaths-within)) seedls--deaths)))
      (if (<= (length seedls--deaths) seedls--deaths-max)
          (seedls--connect)
        (seedls--fail (concat "The server died too often and is left alone:"
                              " M-x seedls-log says why, M-x seedls-restart starts it"))))))

(defun seedls--stop ()
  "End the server."
  (when (and seedls--server (jsonrpc-running-p seedls--server))
    (oset seedls--server unwanted t)
    (delete-process (jsonrpc--process seedls--server)))
  (setq seedls--server nil seedls--failure nil seedls--deaths nil))

(defun seedls--ready-p ()
  "Return the server if it is ready."
  (and seedls--server (jsonrpc-running-p seedls--server) (oref seedls--server initialized) seedls--server))

(defun seedls--wait-ready ()
  "Return the server, once it is ready for the current buffer."
  (seedls--attach)
  (with-timeout (20 (user-error "Seedls does not start; M-x seedls-log"))
    (while (not (seedls--ready-p))
      (when seedls--failure (user-error "Seedls: %s" seedls--failure))
      (accept-process-output nil 0.05)))
  (seedls--sync))

;;;; What the server says

(defun seedls--log (text)
  "Add TEXT to the log, and take the oldest away from one that is long."
  (with-current-buffer (get-buffer-create "*seedls log*")
    (save-excursion
      (goto-char (point-max))
      (insert text)
      (when (> (buffer-size) 200000)
        (delete-region (point-min) (- (point-max) 100000))))))

(defun seedls--notified (server method params)
  "Take note of the notification METHOD of SERVER, with PARAMS."
  (pcase method
    ('seedls/didChangeStatus
     (oset server status params)
     (force-mode-line-update t))
    ('window/showMessage (message "seedls: %s" (plist-get params :message)))
    ('window/logMessage (seedls--log (concat (plist-get params :message) "\n")))
    ('$/progress
     (when-let* ((said (plist-get (plist-get params :value) :message)))
       (let (message-log-max)
         (message "seedls: %s" said))))))

(declare-function seedls--apply-edit "seedls-action")

(defun seedls--requested (_server method params)
  "Answer the request METHOD of the server, with PARAMS."
  (pcase method
    ('workspace/applyEdit
     (condition-case err
         (progn (seedls--apply-edit (plist-get params :edit)) '(:applied t))
       (error `(:applied :json-false :failureReason ,(error-message-string err)))))
    ((or 'window/workDoneProgress/create 'client/registerCapability 'window/showMessageRequest) nil)
    (_ (jsonrpc-error :code -32601 :message (format "Emacs does not know %s" method)))))

;;;; Texts

(cl-defstruct seedls--document
  "What a server knows of a buffer."
  server uri (version 0)
  (tick nil :documentation "The buffer's when its last change was noted.")
  (changes nil :documentation "The changes to send, the last first, or t for the whole text."))

(defvar-local seedls--attached nil "Whether the server is told of this buffer.")
(defvar-local seedls--document nil "What the server knows of this buffer.")
(defvar-local seedls--changing nil "Where a change begins and ends, in the buffer and then for the server.")
(put 'seedls--attached 'permanent-local t)
(put 'seedls--document 'permanent-local t)

(defconst seedls--changes-max 1000 "How many changes are kept before the whole text is.")

(defconst seedls--hooks
  '((before-change-functions . seedls--before-change)
    (after-change-functions . seedls--after-change)
    (after-set-visited-file-name-hook . seedls--close)
    (after-change-major-mode-hook . seedls--close)
    (kill-buffer-hook . seedls--close))
  "What is done in a buffer that the server is told of.")

(defun seedls--attach ()
  "Tell the server of the current buffer, and start it if need be."
  (unless seedls--attached
    (setq seedls--attached t)
    (pcase-dolist (`(,hook . ,function) seedls--hooks)
      (put function 'permanent-local-hook t)
      (add-hook hook function nil t)))
  (seedls--connect)
  (seedls--sync))

(defun seedls--detach ()
  "Tell the server no more of the current buffer."
  (pcase-dolist (`(,hook . ,function) seedls--hooks)
    (remove-hook hook function t))
  (setq seedls--attached nil)
  (seedls--close))

(defun seedls--uri (file)
  "Return the URI of FILE."
  (let ((path (file-local-name (expand-file-name file))))
    (concat "file://" (if (string-prefix-p "/" path) "" "/") (url-hexify-string path url-path-allowed-chars))))

(defun seedls--language ()
  "Return the language of the current buffer, as the protocol names it."
  (let ((name (replace-regexp-in-string "\\(-ts\\)?-mode\\'" "" (symbol-name major-mode))))
    (pcase name
      ("c++" "cpp") ("csharp" "csharp") ("js" "javascript") ("js2" "javascript") ("tsx" "typescriptreact")
      ((or "sh" "bash") "shellscript")
      (_ name))))

(defun seedls--text (start end)
  "Return the text from START to END, a character for each of the buffer's.
In the place of those that JSON has no way to say, and of carriage
returns, which would end lines for the server, it has others."
  (save-restriction
    (widen)
    (let ((text (buffer-substring-no-properties start end)))
      (subst-char-in-string
       ?\r ?\s (replace-regexp-in-string "[^\0-\xd7ff\xe000-\x10ffff]" "\ufffd" text t t)))))

(defun seedls--units (text)
  "Return the length of TEXT in the units of the server's positions."
  (pcase (plist-get (plist-get (oref seedls--server initialized) :capabilities) :positionEncoding)
    ("utf-32" (length text))
    ("utf-8" (string-bytes text))
    (_ (+ (length text) (cl-count-if (lambda (c) (> c #xffff)) text)))))

(defun seedls--position (at)
  "Return the position in the buffer AT as the server's."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char at)
      (list :line (1- (line-number-at-pos nil t)) :character (seedls--units (seedls--text (pos-bol) at))))))

(defun seedls--range (start end)
  "Return what is from START to END in the buffer as the server's range."
  (list :start (seedls--position start) :end (seedls--position end)))

(defun seedls--forward (units)
  "Go forward so many UNITS of the server, or to the end of the line."
  (while (and (> units 0) (not (eolp)))
    (cl-decf units (seedls--units (seedls--text (point) (1+ (point)))))
    (forward-char)))

(defun seedls--at (position)
  "Return where POSITION of the server is in the buffer."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (if (zerop (forward-line (plist-get position :line)))
          (seedls--forward (plist-get position :character))
        (goto-char (point-max)))
      (point))))

(defun seedls--known-p ()
  "Return whether the server has a text of the current buffer."
  (and seedls--document (seedls--ready-p) (eq (seedls--document-server seedls--document) seedls--server)))

(defun seedls--before-change (start end)
  "Take note of where a change from START to END begins and ends."
  (setq seedls--changing
        (and (seedls--known-p)
             (proper-list-p (seedls--document-changes seedls--document))
             (length< (seedls--document-changes seedls--document) seedls--changes-max)
             (list start end (seedls--position start) (seedls--position end)))))

(defun seedls--after-change (start end length)
  "Take note of a change: LENGTH characters became what is from START to END."
  (when (seedls--known-p)
    (setf (seedls--document-tick seedls--document) (buffer-chars-modified-tick))
    (pcase seedls--changing
      (`(,(pred (= start)) ,(pred (= (+ start length))) ,from ,to)
       (push (list :range (list :start from :end to) :text (seedls--text start end))
             (seedls--document-changes seedls--document)))
      ;; Emacs announced another change than it made, as it does for some that affect large parts.
      (_ (setf (seedls--document-changes seedls--document) t))))
  (setq seedls--changing nil))

(defun seedls--sync ()
  "Have the server know the text of the current buffer.
Return it, or nil if it is not ready."
  (when (seedls--ready-p)
    (if (not (seedls--known-p))
        (seedls--open)
      (let ((document seedls--document))
        (unless (eql (seedls--document-tick document) (buffer-chars-modified-tick))
          (setf (seedls--document-changes document) t)) ; changed while hooks were off
        (when-let* ((changes (seedls--document-changes document)))
          (jsonrpc-notify
           seedls--server :textDocument/didChange
           (list :textDocument (list :uri (seedls--document-uri document)
                                     :version (cl-incf (seedls--document-version document)))
                 :contentChanges (if (listp changes)
                                     (vconcat (reverse changes))
                                   (vector (list :text (seedls--text 1 (1+ (buffer-size))))))))
          (setf (seedls--document-changes document) nil
                (seedls--document-tick document) (buffer-chars-modified-tick)))))
    seedls--server))

(defun seedls--sync-all ()
  "Have the server know the texts of all buffers that it is told of."
  (dolist (buffer (buffer-list))
    (when (buffer-local-value 'seedls--attached buffer)
      (with-current-buffer buffer (seedls--sync)))))

(defun seedls--open ()
  "Open the current buffer's text in the server."
  (let ((uri (if buffer-file-name
                 (seedls--uri buffer-file-name)
               (concat "untitled:" (url-hexify-string (buffer-name))))))
    (setq seedls--document
          (make-seedls--document :server seedls--server :uri uri :tick (buffer-chars-modified-tick)))
    (jsonrpc-notify seedls--server :textDocument/didOpen
                    (list :textDocument (list :uri uri :languageId (seedls--language) :version 0
                                              :text (seedls--text 1 (1+ (buffer-size))))))))

(defun seedls--close ()
  "Close the current buffer's text in the server."
  (when (seedls--known-p)
    (jsonrpc-notify seedls--server :textDocument/didClose
                    (list :textDocument (list :uri (seedls--document-uri seedls--document)))))
  (setq seedls--document nil))

(defun seedls--here ()
  "Return the parameters that name the current buffer and point."
  (list :textDocument (list :uri (seedls--document-uri seedls--document)
                            :version (seedls--document-version seedls--document))
        :position (seedls--position (point))))

(defun seedls--execute (command)
  "Execute COMMAND of what was just accepted in the server; nil is none."
  (when (and command (not (string-empty-p (plist-get command :command))) (seedls--ready-p))
    (jsonrpc-async-request seedls--server :workspace/executeCommand
                           (list :command (plist-get command :command) :arguments (plist-get command :arguments))
                           :error-fn #'ignore)))

(provide 'seedls-client)

;;; seedls-client.el ends here
